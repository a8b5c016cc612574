{% set logic = logic_mark() %}
{{ config(
    materialized='incremental',
    unique_key='commune_code',
    incremental_strategy='delete+insert',
    on_schema_change='append_new_columns',
    indexes=[{'columns': ['commune_code'], 'unique': true}],
    post_hook=[
        "delete from {{ this }} as kept where not exists (select 1 from {{ ref('int_administrative_unit_listed') }} as unit"
        ~ " where unit.unit_code = kept.commune_code and unit.unit_level = 'commune' and unit.valid_to is null)",
        "{{ analyze_grown() }}",
    ],
) }}
-- The ground that a commune of today can lie on. Its boundary where one is published; else the part of its province
-- within reach of its listed centre. Worked out again only when lists, boundaries or reach change.
with mark as materialized (

    select administrative_mark from {{ ref('int_administrative_mark') }}

),

listed as materialized (

    select
        matched.unit_code,
        min(crosswalk.new_area_m2) as area_m2,
        {{ to_vn2000_geographic(
            "st_setsrid(st_makepoint(min(crosswalk.new_longitude), min(crosswalk.new_latitude)), 4326)"
        ) }} as centre
    from {{ ref('stg_administrative_units__crosswalk') }} as crosswalk
    inner join {{ ref('int_commune_code_matched') }} as matched on crosswalk.new_code = matched.listed_code
    group by matched.unit_code

),

-- a province with its corners 100 m apart at most from where they were: far finer than the reach of a centre
province as materialized (

    select
        unit_code,
        valid_from,
        st_simplifypreservetopology(geom, 0.001) as geom
    from {{ ref('int_administrative_unit_listed') }}
    where unit_level = 'province' and valid_to is null
    offset 0

),

commune as (

    select
        unit.unit_code as commune_code,
        mark.administrative_mark,
        unit.geom as boundary,
        province.geom as province_geom,
        listed.centre,
        greatest(
            {{ derivation_parameter('commune_reach_radii') }} * sqrt(listed.area_m2 / pi()),
            case unit.unit_kind
                when 'Đặc khu' then {{ derivation_parameter('island_reach_m') }}
                else {{ derivation_parameter('commune_reach_m') }}
            end
        ) as reach_m
    from {{ ref('int_administrative_unit_listed') }} as unit
    inner join province
        on unit.parent_code = province.unit_code and unit.valid_from = province.valid_from
    left join listed on unit.unit_code = listed.unit_code
    cross join mark
    where unit.unit_level = 'commune' and unit.valid_to is null
    {% if is_incremental() %}
    and not exists (
        select 1
        from {{ this }} as built
        where
            built.commune_code = unit.unit_code
            and built.administrative_mark = mark.administrative_mark
            and built.logic_mark = {{ logic }}
    )
    {% endif %}
    offset 0

),

reached as (

    select
        *,
        {{ to_vn2000_geographic('st_buffer(centre::geography, reach_m, 8)::geometry') }} as circle
    from commune
    offset 0

),

clipped as (

    select
        *,
        case when boundary is null and st_intersects(province_geom, centre) then
                st_collectionextract(st_intersection(province_geom, circle), 3)
        end as clipped_geom
    from reached

)

select
    commune_code,
    administrative_mark,
    {{ logic }}::text as logic_mark,
    case when boundary is not null then 'BOUNDARY' when circle is not null then 'CENTRE' end as area_basis,
    case when boundary is null then reach_m end as reach_m,
    -- islands lie outside the boundaries of their province
    coalesce(boundary, clipped_geom, circle) as geom
from clipped
where coalesce(boundary, clipped_geom, circle) is not null
