{{ config(materialized='table') }}

with station as (

    select * from {{ ref('stg_monitoring_feed__station') }}

),

range as (

    select * from {{ ref('coordinate_range') }}
    where valid_from <= {{ build_date() }} and (valid_to is null or valid_to >= {{ build_date() }})

),

-- a point with an error is not placed: what is wrong with it is for the custodian to correct
placed as (

    select
        station.*,
        {{ site_point('station', 'settled', 'range') }}
    from station
    left join {{ ref('int_site_zone_settled') }} as settled on station.station_key = settled.site_id
    left join range on coalesce(station.source_srid, settled.placed_srid) = range.srid

)

select
    station_key,
    station_name,
    source_medium,
    facility_key,
    operator,
    source_commune_code,
    source_commune_valid_on,
    has_location_text,
    source_srid,
    placed_srid,
    source_srid_basis,
    coordinate_error,
    stated_location,
    case when coordinate_error is null and st_srid(stated_location) > 0 then {{ to_vn2000_geographic('stated_location') }} end as location,
    change_no
from placed
union all
-- a service gives degrees of WGS 84: no zone is stated, and none can be wrong
select
    station_key,
    station_name,
    source_medium,
    null,
    operator,
    source_commune_code,
    source_commune_valid_on,
    has_location_text,
    4326,
    4326,
    'STATED',
    null,
    null,
    location,
    change_no
from {{ ref('stg_air_observations__thing') }}
