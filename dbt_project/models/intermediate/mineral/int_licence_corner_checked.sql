with corner as (

    select * from {{ ref('stg_mineral_cadastre__licence_corner') }}

),

range as (

    select * from {{ ref('coordinate_range') }}
    where valid_from <= {{ build_date() }} and (valid_to is null or valid_to >= {{ build_date() }})

),

-- what is wrong is said and not put right: a corner that is changed silently is another mine
checked as (

    select
        corner.*,
        corner.northing_m is null or corner.easting_m is null as is_unreadable,
        coalesce(
            corner.northing_m between range.easting_min_m and range.easting_max_m
            and corner.easting_m between range.northing_min_m and range.northing_max_m, false
        ) as is_swapped,
        coalesce(
            corner.northing_m between range.northing_min_m and range.northing_max_m
            and corner.easting_m > 1000000
            and mod(corner.easting_m, 1000000) between range.easting_min_m and range.easting_max_m, false
        ) as is_prefixed,
        coalesce(
            corner.northing_m between range.northing_min_m and range.northing_max_m
            and corner.easting_m between range.easting_min_m and range.easting_max_m, false
        ) as is_plausible
    from corner
    left join range on corner.source_srid = range.srid

)

select * from checked
