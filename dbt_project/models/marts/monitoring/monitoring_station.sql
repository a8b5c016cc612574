with station as (

    select * from {{ ref('int_station_located') }}

),

described as (

    select
        station.station_key,
        split_part(station.station_key, ':', 1) as source_system,
        station.station_name,
        station.facility_key,
        medium.medium,
        station.source_medium,
        station.operator,
        site.commune_code,
        station.source_commune_code,
        station.source_commune_valid_on,
        station.source_srid,
        station.placed_srid,
        station.source_srid_basis,
        misplaced.is_zone_confirmed,
        null::date as valid_from,
        null::date as valid_to,
        station.location::geometry (point, 4756) as geom,
        station.has_location_text,
        station.coordinate_error,
        site.distance_to_commune_m,
        misplaced.suggested_srid,
        misplaced.is_zone_usual,
        misplaced.is_datum_shift_missing,
        misplaced.is_datum_shift_possible,
        station.change_no
    from station
    left join {{ ref('monitoring_medium') }} as medium
        on station.source_medium = medium.source_medium
        and medium.valid_from <= {{ build_date() }}
        and (medium.valid_to is null or medium.valid_to >= {{ build_date() }})
    left join {{ ref('int_site_commune_resolved') }} as site on station.station_key = site.site_key
    inner join {{ ref('int_site_misplaced') }} as misplaced on station.station_key = misplaced.site_key

)

select
    described.*,
    {{ row_hash([
        'station_key', 'source_system', 'station_name', 'facility_key', 'medium', 'source_medium', 'operator',
        'commune_code', 'source_commune_code', 'source_commune_valid_on', 'source_srid',
        'placed_srid', 'source_srid_basis', 'is_zone_confirmed', 'valid_from', 'valid_to', 'geom',
    ]) }} as row_hash
from described
