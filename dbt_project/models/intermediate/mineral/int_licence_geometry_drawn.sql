{# of several errors in one table the first of these is named: the others may follow from it -#}
{% set errors = "array['UNREADABLE', 'AXES_SWAPPED', 'DEGREES', 'ZONE_PREFIX', 'DECIMAL_LOST', 'OUT_OF_RANGE']" %}
{{ config(materialized='table') }}

with corner as (

    select
        *,
        case when is_plausible then round(northing_m, 3) || ' ' || round(easting_m, 3) end as place
    from {{ ref('int_licence_corner_checked') }}

),

block as (

    select
        licence_key,
        corner_source,
        block_no,
        count(*) as corner_count,
        count(*) filter (where coordinate_error = 'UNREADABLE') as unreadable_corner_count,
        count(*) filter (where coordinate_error = 'AXES_SWAPPED') as swapped_corner_count,
        count(*) filter (where coordinate_error = 'ZONE_PREFIX') as prefixed_corner_count,
        count(*) filter (where not is_plausible) as implausible_corner_count,
        count(place) - count(distinct place)
        - (count(*) > 1 and (array_agg(place order by seq))[1] = (array_agg(place order by seq desc))[1])::integer
            as repeated_corner_count,
        count(distinct placed_srid) = 1 and bool_and(is_plausible) as is_drawable,
        count(*) > 1 and (array_agg(label order by seq))[1] = (array_agg(label order by seq desc))[1] as is_said_closed,
        st_makeline(stated_point order by seq) filter (where is_plausible) as line
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

-- one licence has one zone; corners without one beside others count as one more
zone as (

    select
        licence_key,
        corner_source,
        count(distinct coalesce(placed_srid, 0))::integer as zone_count,
        min(source_srid) as source_srid,
        min(placed_srid) as placed_srid,
        min(source_srid_basis) as source_srid_basis,
        min(array_position({{ errors }}, coordinate_error)) as worst_error,
        st_makepoint(avg(easting_m)::double precision, avg(northing_m)::double precision) as centre
    from corner
    group by licence_key, corner_source

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
        case when bool_and(block_geom is not null) then st_multi(st_collect(block_geom order by block_no)) end as geom
    from polygon
    group by licence_key, corner_source

)

select
    licence.*,
    zone.zone_count,
    case when zone.zone_count = 1 then zone.source_srid end as source_srid,
    case when zone.zone_count = 1 then zone.placed_srid end as placed_srid,
    case when zone.zone_count = 1 then zone.source_srid_basis end as source_srid_basis,
    ({{ errors }})[zone.worst_error] as coordinate_error,
    case when zone.zone_count = 1 and zone.worst_error is null then zone.centre end as source_centre,
    st_isvalid(licence.geom) as is_geometry_valid,
    st_area(licence.geom::geography) / 10000 as computed_area_ha
from licence
inner join zone on licence.licence_key = zone.licence_key and licence.corner_source = zone.corner_source
