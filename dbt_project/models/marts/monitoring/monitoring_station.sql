with station as (

    select * from {{ ref('int_station_located') }}

),

described as (

    select
        station.station_key,
        'monitoring_feed'::text as source_system,
        station.station_name,
        station.facility_key,
        medium.medium,
        station.source_medium,
        station.operator,
        site.commune_code,
        station.source_commune_code,
        station.source_commune_valid_on,
        station.source_srid,
        null::date as valid_from,
        null::date as valid_to,
        station.location::geometry (point, 4756) as geom,
        station.has_location_text,
        site.distance_to_commune_m,
        station.change_no
    from station
    left join {{ ref('monitoring_medium') }} as medium
        on station.source_medium = medium.source_medium
        and medium.valid_from <= {{ build_date() }}
        and (medium.valid_to is null or medium.valid_to >= {{ build_date() }})
    left join {{ ref('int_site_commune_resolved') }} as site on station.station_key = site.site_key

)

select
    described.*,
    {{ row_hash([
        'station_key', 'source_system', 'station_name', 'facility_key', 'medium', 'source_medium', 'operator',
        'commune_code', 'source_commune_code', 'source_commune_valid_on', 'source_srid', 'valid_from', 'valid_to', 'geom',
    ]) }} as row_hash
from described
