{% set logic = logic_mark([
    to_vn2000_geographic('g'), repair_geometry('g'), agrees_with_geohash('u', 'g'), coordinate_error('g', 'r')
]) %}
{{ config(
    materialized='incremental',
    unique_key='parcel_id',
    incremental_strategy='delete+insert',
    on_schema_change='append_new_columns',
    indexes=[{'columns': ['parcel_id'], 'unique': true}, {'columns': ['geom'], 'type': 'gist'}],
    post_hook=["{{ delete_vanished(ref('int_parcel_collected'), 'parcel_id') }}", "{{ analyze_grown() }}"],
) }}
-- The heavy work on a parcel's shape, done once per version of the parcel: reprojection, repair, area, inner point.
with parcel as (

    select
        parcel.*,
        coalesce(parcel.source_srid, settled.placed_srid) as placed_srid,
        case when parcel.source_srid is null then settled.source_srid_basis else 'STATED' end as source_srid_basis
    from {{ ref('int_parcel_collected') }} as parcel
    left join {{ ref('int_parcel_zone_settled') }} as settled on parcel.parcel_id = settled.parcel_id

),

changed as (

    select parcel.*
    from parcel
    {% if is_incremental() and has_column('placed_srid') %}
    where not exists (
            select 1
            from {{ this }} as built
            where
                built.parcel_id = parcel.parcel_id
                and built.change_no = parcel.change_no
                and built.placed_srid is not distinct from parcel.placed_srid
                and built.logic_mark = {{ logic }}
        )
    {% endif %}

),

placed as (

    -- offset 0: each step is computed once per row instead of being copied into every later expression
    select
        changed.parcel_id,
        changed.change_no,
        changed.parcel_uid,
        changed.placed_srid,
        changed.source_srid_basis,
        {{ coordinate_error('changed.source_geom', 'range') }} as coordinate_error,
        -- a polygon of which a ring does not close arrives as lines (connectors/sources/_open_rings.py)
        coalesce(st_dimension(changed.source_geom) = 1, false) as has_open_ring,
        -- a system that is none of VN-2000 is not guessed at
        case when (range.srid is not null or changed.placed_srid = 4756) and st_dimension(changed.source_geom) = 2 then
                {{ to_vn2000_geographic('st_setsrid(changed.source_geom, changed.placed_srid)') }}
        end as placed_geom
    from changed
    left join {{ ref('coordinate_range') }} as range
        on changed.placed_srid = range.srid
        and {{ build_date() }} between range.valid_from and coalesce(range.valid_to, 'infinity'::date)
    offset 0

),

repaired as (

    select
        placed.*,
        {{ repair_geometry('placed_geom') }}
    from placed
    offset 0

),

identified as (

    select
        repaired.*,
        {{ agrees_with_geohash('parcel_uid', 'geom') }} as agrees_with_parcel_uid
    from repaired
    offset 0

)

select
    parcel_id,
    change_no,
    {{ logic }}::text as logic_mark,
    placed_srid,
    source_srid_basis,
    coordinate_error,
    coalesce(coordinate_error = 'AXES_SWAPPED', false) as axes_swapped,
    geometry_repaired,
    area_change_share,
    coalesce(st_isempty(geom), true) as is_geometry_empty,
    has_open_ring,
    {{ smallest_hole('geom') }} as smallest_hole_m2,
    st_area(geom::geography) as computed_area_m2,
    st_pointonsurface(geom) as inner_point,
    agrees_with_parcel_uid,
    -- its identifier names the place that these coordinates have as WGS 84 ones: the datum shift was left out
    case when agrees_with_parcel_uid then false else
            coalesce({{ agrees_with_geohash('parcel_uid', to_vn2000_geographic('st_setsrid(geom, 4326)')) }}, false)
    end as is_datum_shift_missing,
    md5(st_asewkb(geom)) as geom_hash,
    geom
from identified
