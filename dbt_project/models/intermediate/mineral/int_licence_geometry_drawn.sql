{{ config(materialized='table') }}

with corner as (

    select
        *,
        round(northing_m, 3) || ' ' || round(easting_m, 3) as place
    from {{ ref('int_licence_corner_checked') }}

),

block as (

    select
        licence_key,
        corner_source,
        block_no,
        count(*) as corner_count,
        count(*) filter (where is_unreadable) as unreadable_corner_count,
        count(*) filter (where is_swapped) as swapped_corner_count,
        count(*) filter (where is_prefixed) as prefixed_corner_count,
        count(*) filter (where not is_plausible) as implausible_corner_count,
        min(source_srid) as source_srid,
        count(place) - count(distinct place)
        - (count(*) > 1 and (array_agg(place order by seq))[1] = (array_agg(place order by seq desc))[1])::integer
            as repeated_corner_count,
        count(distinct source_srid) = 1 and bool_and(is_plausible) as is_drawable,
        count(*) > 1 and (array_agg(label order by seq))[1] = (array_agg(label order by seq desc))[1] as is_said_closed,
        st_makeline(
            st_setsrid(st_makepoint(easting_m::double precision, northing_m::double precision), source_srid)
            order by seq
        ) filter (where is_plausible) as line
    from corner
    group by licence_key, corner_source, block_no

),

ring as (

    select
        block.*,
        is_drawable and is_said_closed and not st_isclosed(line) as is_unclosed,
        -- a table that does not come back to its first corner means that; one that does, elsewhere, is not drawn
        case
            when not is_drawable then null
            when st_isclosed(line) then line
            when is_said_closed then null
            else st_addpoint(line, st_startpoint(line))
        end as closed_line
    from block

),

polygon as (

    select
        ring.*,
        case
            when st_npoints(closed_line) >= 4 then {{ to_vn2000_geographic('st_makepolygon(closed_line)') }}
        end as block_geom
    from ring

),

licence as (

    select
        licence_key,
        corner_source,
        sum(corner_count)::integer as corner_count,
        min(corner_count)::integer as fewest_block_corners,
        sum(unreadable_corner_count)::integer as unreadable_corner_count,
        sum(swapped_corner_count)::integer as swapped_corner_count,
        sum(prefixed_corner_count)::integer as prefixed_corner_count,
        sum(implausible_corner_count)::integer as implausible_corner_count,
        count(*) filter (where is_unclosed)::integer as unclosed_block_count,
        sum(greatest(repeated_corner_count, 0))::integer as repeated_corner_count,
        count(*)::integer as block_count,
        count(distinct source_srid)::integer as zone_count,
        min(source_srid) as source_srid,
        case when bool_and(block_geom is not null) then st_multi(st_collect(block_geom order by block_no)) end as geom
    from polygon
    group by licence_key, corner_source

)

select
    licence.*,
    st_isvalid(geom) as is_geometry_valid,
    st_area(geom::geography) / 10000 as computed_area_ha
from licence
