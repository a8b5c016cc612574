{{ config(materialized='table') }}

with station as (

    select * from {{ ref('stg_monitoring_feed__station') }}

),

range as (

    select * from {{ ref('coordinate_range') }}
    where valid_from <= {{ build_date() }} and (valid_to is null or valid_to >= {{ build_date() }})

),

-- a point outside the range of its zone is not placed: swapped or prefixed numbers are for the custodian to correct
placed as (

    select
        station.*,
        st_setsrid(
            st_makepoint(station.easting_m::double precision, station.northing_m::double precision), range.srid
        ) as stated_location
    from station
    left join range
        on station.source_srid = range.srid
        and station.northing_m between range.northing_min_m and range.northing_max_m
        and station.easting_m between range.easting_min_m and range.easting_max_m

)

select
    placed.*,
    case when st_srid(stated_location) > 0 then {{ to_vn2000_geographic('stated_location') }} end as location
from placed
