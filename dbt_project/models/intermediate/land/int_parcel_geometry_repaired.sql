{% set logic = logic_mark([to_vn2000_geographic('g'), repair_geometry('g'), agrees_with_geohash('u', 'g')]) %}
{{ config(
    materialized='incremental',
    unique_key='parcel_id',
    incremental_strategy='delete+insert',
    on_schema_change='append_new_columns',
    indexes=[{'columns': ['parcel_id'], 'unique': true}, {'columns': ['geom'], 'type': 'gist'}],
    post_hook=["{{ delete_vanished(ref('stg_land_registry__parcel'), 'parcel_id') }}", "{{ analyze_grown() }}"],
) }}
-- The heavy work on a parcel's shape, done once per version of the parcel: reprojection, repair, area, inner point.
with changed as (

    select parcel.*
    from {{ ref('stg_land_registry__parcel') }} as parcel
    {% if is_incremental() %}
    where not exists (
            select 1
            from {{ this }} as built
            where
                built.parcel_id = parcel.parcel_id
                and built.change_no = parcel.change_no
                and built.logic_mark = {{ logic }}
        )
    {% endif %}

),

placed as (

    -- offset 0: each step is computed once per row instead of being copied into every later expression
    select
        parcel_id,
        change_no,
        parcel_uid,
        -- a northing of the country is 900,000 to 2,600,000 m and an easting 330,000 to 670,000 m
        st_ymax(source_geom) < 700000 and st_xmin(source_geom) > 850000 as axes_swapped,
        {{ to_vn2000_geographic('source_geom') }} as placed_geom
    from changed
    offset 0

),

repaired as (

    select
        parcel_id,
        change_no,
        parcel_uid,
        axes_swapped,
        {{ repair_geometry('placed_geom') }}
    from placed
    offset 0

)

select
    parcel_id,
    change_no,
    {{ logic }}::text as logic_mark,
    axes_swapped,
    geometry_repaired,
    area_change_share,
    coalesce(st_isempty(geom), true) as is_geometry_empty,
    st_area(geom::geography) as computed_area_m2,
    st_pointonsurface(geom) as inner_point,
    {{ agrees_with_geohash('parcel_uid', 'geom') }} as agrees_with_parcel_uid,
    md5(st_asewkb(geom)) as geom_hash,
    geom
from repaired
