{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='append_new_columns',
    pre_hook="{{ delete_stale_constraints() }}",
    post_hook=["{{ note_overlaid() }}", "{{ analyze_grown() }}"],
) }}

-- On a day only what is new: constraints that are unmet, and parcels that moved.
with {{ overlaid_anew() }}

fresh as materialized (

    select
        piece.constraint_dataset,
        piece.constraint_key,
        piece.piece_no,
        piece.geom
    from {{ ref('int_constraint_subdivided') }} as piece
    {%- if is_incremental() %}
    where (piece.constraint_dataset, piece.constraint_key) in (select unmet.* from unmet)
    {%- endif %}

),

-- near: by the boxes alone
near as materialized (

    select
        parcel.parcel_key,
        parcel.row_hash as parcel_hash,
        parcel.main_land_use_code,
        parcel.geom,
        fresh.constraint_dataset,
        fresh.constraint_key,
        fresh.piece_no
    from fresh
    inner join {{ ref('land_parcel') }} as parcel on fresh.geom && parcel.geom and {{ is_overlayable('parcel') }}
    {%- if is_incremental() %}
    where not exists (select 1 from intermediate.parcel_touched as touched where touched.parcel_key = parcel.parcel_key)
    {%- endif %}

),

-- met: a piece for which all parcels are searched may meet very many, so that its shape is fetched again for those near;
-- the few parcels that moved are held against the pieces at once
met as (

    select
        near.*,
        piece.geom as piece_geom
    from near
    inner join {{ ref('int_constraint_subdivided') }} as piece
        on
        near.constraint_dataset = piece.constraint_dataset
        and near.constraint_key = piece.constraint_key
        and near.piece_no = piece.piece_no
    where st_intersects(piece.geom, near.geom)
    {%- if is_incremental() %}
    union all
    select
        moved.*,
        piece.constraint_dataset,
        piece.constraint_key,
        piece.piece_no,
        piece.geom as piece_geom
    from moved
    inner join {{ ref('int_constraint_subdivided') }} as piece on st_intersects(piece.geom, moved.geom)
    {%- endif %}

),

-- the pieces of a constraint do not overlap, so the parts that a parcel has in them add up; as decimals, whose sum is the
-- same in whichever order a plan adds them
overlap as (

    select
        parcel_key,
        parcel_hash,
        main_land_use_code,
        constraint_dataset,
        constraint_key,
        {{ area_m2('geom') }} as parcel_area_m2,
        sum((case
            when st_covers(piece_geom, geom) then {{ area_m2('geom') }}
            else {{ area_m2('st_collectionextract(st_intersection(piece_geom, geom), 3)') }}
        end)::numeric) as overlap_area_m2
    from met
    group by parcel_key, parcel_hash, main_land_use_code, geom, constraint_dataset, constraint_key
    -- the filters below would else be computed for every pair
    offset 0

),

cut as (

    select
        overlap.*,
        live.source_system,
        live.kind,
        live.valid_from,
        live.valid_to,
        live.constraint_hash
    from overlap
    inner join {{ ref('int_constraint_live') }} as live
        on overlap.constraint_dataset = live.constraint_dataset and overlap.constraint_key = live.constraint_key

),

described as (

    select
        parcel_key,
        constraint_dataset,
        constraint_key,
        source_system,
        kind,
        -- a millionth of any overlap that is published, and no digit more of the others
        round(overlap_area_m2, case when overlap_area_m2 < 1 then 9 else 6 end) as overlap_area_m2,
        (overlap_area_m2 / parcel_area_m2)::numeric(9, 8) as overlap_share,
        case
            when parcel_area_m2 - overlap_area_m2 <= {{ derivation_parameter('overlay_touch_m2') }} then 'INSIDE'
            when overlap_area_m2 <= {{ derivation_parameter('overlay_touch_m2') }} then 'TOUCHES'
            else 'PARTLY'
        end as relation,
        valid_from,
        valid_to,
        main_land_use_code,
        parcel_hash,
        constraint_hash,
        {{ overlay_mark() }} as overlay_mark
    from cut
    where overlap_area_m2 > {{ derivation_parameter('overlay_sliver_m2') }} and parcel_area_m2 > 0

)

select
    described.*,
    {{ row_hash([
        'parcel_key', 'constraint_dataset', 'constraint_key', 'source_system', 'kind', 'overlap_area_m2', 'overlap_share',
        'relation', 'valid_from', 'valid_to',
    ]) }} as row_hash
from described
