{{ config(materialized='table') }}

with facility as (

    select * from {{ ref('stg_environment_permits__facility') }}

),

range as (

    select * from {{ ref('coordinate_range') }}
    where valid_from <= {{ build_date() }} and (valid_to is null or valid_to >= {{ build_date() }})

),

-- a point outside the range of its zone is not placed: swapped or prefixed numbers are for the custodian to correct
placed as (

    select
        facility.*,
        st_setsrid(
            st_makepoint(facility.easting_m::double precision, facility.northing_m::double precision), range.srid
        ) as stated_location
    from facility
    left join range
        on facility.source_srid = range.srid
        and facility.northing_m between range.northing_min_m and range.northing_max_m
        and facility.easting_m between range.easting_min_m and range.easting_max_m

)

select
    placed.*,
    case when st_srid(stated_location) > 0 then {{ to_vn2000_geographic('stated_location') }} end as location
from placed
