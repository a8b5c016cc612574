{{ config(materialized='table') }}
-- Mineral zones and protected areas against the ground for which their register speaks: neither states a commune, so that
-- no place within that ground can be doubted. Of one outside it is asked where else its coordinates may mean, with their
-- axes exchanged or, in metres, in another usual zone. Nothing is moved by it.
with stated as (

    select
        'mineral_zone'::text as dataset,
        zone_key as record_key,
        stated_geom,
        case when is_geometry_valid then geom else st_convexhull(coalesce(geom, open_outline)) end as shape
    from {{ ref('stg_mineral_cadastre__zone') }}
    union all
    select
        'protected_area',
        protected_area_key,
        stated_geom,
        case when is_geometry_valid then geom else st_convexhull(coalesce(geom, open_outline)) end
    from {{ ref('stg_protected_areas__area') }}

),

measured as (

    select
        stated.dataset,
        stated.record_key,
        stated.stated_geom,
        ground.zones,
        ground.geom as ground,
        case
            -- coordinates that mean no place at all
            when stated.shape is null and stated.stated_geom is not null then 1
            when st_covers(ground.geom, stated.shape) then 0
            else coalesce(
                    1 - st_area(st_intersection(ground.geom, stated.shape)) / nullif(st_area(stated.shape), 0),
                    case when ground.geom is not null and stated.shape is not null then 1 end
                )
        end as outside_share
    from stated
    left join {{ ref('int_register_ground') }} as ground on stated.dataset = ground.dataset
    offset 0

),

suspect as (

    select
        *,
        st_convexhull(stated_geom) as outline
    from measured
    where outside_share > 0
    offset 0

),

meant as (

    select
        dataset,
        record_key,
        ground,
        null::integer as epsg,
        {{ to_vn2000_geographic('st_flipcoordinates(outline)') }} as outline
    from suspect
    union all
    select
        suspect.dataset,
        suspect.record_key,
        suspect.ground,
        other.epsg,
        {{ to_vn2000_geographic('st_setsrid(suspect.outline, other.epsg)') }}
    from suspect
    cross join lateral unnest(suspect.zones) as other (epsg)
    where st_srid(suspect.outline) not in (4326, 4756, other.epsg)

),

fitting as (

    select
        dataset,
        record_key,
        bool_or(epsg is null) as are_axes_swapped,
        case when count(*) = 1 then min(epsg) end as suggested_srid,
        st_collect(outline) as possible_place
    from meant
    where st_covers(ground, outline)
    group by dataset, record_key

)

select
    measured.dataset,
    measured.record_key,
    measured.outside_share as outside_register_share,
    measured.outside_share = 0 as is_within_register,
    coalesce(fitting.are_axes_swapped, false) as are_axes_swapped,
    fitting.suggested_srid,
    fitting.possible_place
from measured
left join fitting on measured.dataset = fitting.dataset and measured.record_key = fitting.record_key
