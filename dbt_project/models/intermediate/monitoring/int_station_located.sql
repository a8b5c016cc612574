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
    placed.*,
    case when coordinate_error is null and st_srid(stated_location) > 0 then {{ to_vn2000_geographic('stated_location') }} end as location
from placed
