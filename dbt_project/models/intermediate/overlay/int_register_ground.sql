{{ config(materialized='table') }}
-- The ground for which a register of zones or protected areas speaks, with an edge around it because a zone may reach into
-- the next province, and the VN-2000 zones that are usual on it.
with covered as (

    select
        dataset,
        area_code
    from {{ ref('coverage_listed') }}
    where
        dataset in ('mineral_zone', 'protected_area')
        and valid_from <= {{ build_date() }}
        and (valid_to is null or valid_to >= {{ build_date() }})

),

unit as (

    select
        unit_code,
        unit_level,
        unit_kind,
        parent_code,
        geom
    from {{ ref('int_administrative_unit_listed') }}
    where valid_to is null

),

covered_commune as (

    select
        covered.dataset,
        unit.unit_code,
        -- islands lie outside the boundaries of their province
        covered.area_code = unit.unit_code or unit.unit_kind = 'Đặc khu' as is_ground_of_its_own
    from covered
    inner join unit on covered.area_code in ('*', unit.parent_code, unit.unit_code)
    where unit.unit_level = 'commune'

),

ground as (

    select
        covered.dataset,
        unit.geom
    from covered
    inner join unit on covered.area_code in ('*', unit.unit_code)
    where unit.unit_level = 'province'
    union all
    select
        commune.dataset,
        area.geom
    from covered_commune as commune
    left join {{ ref('int_commune_area') }} as area on commune.unit_code = area.commune_code
    where commune.is_ground_of_its_own

),

usual_zone as (

    select
        commune.dataset,
        array_agg(distinct zone.epsg order by zone.epsg) as zones
    from covered_commune as commune
    inner join {{ ref('int_commune_zone') }} as zone on commune.unit_code = zone.source_code
    where zone.valid_to = 'infinity'
    group by commune.dataset

),

widened as (

    select
        dataset,
        case when count(*) = count(geom) then
                st_buffer(st_union(geom)::geography, {{ derivation_parameter('register_edge_m') }}, 4)::geometry
        end as geom
    from ground
    group by dataset
    offset 0

)

select
    widened.dataset,
    coalesce(usual_zone.zones, '{}') as zones,
    {{ to_vn2000_geographic('widened.geom') }} as geom
from widened
left join usual_zone on widened.dataset = usual_zone.dataset
