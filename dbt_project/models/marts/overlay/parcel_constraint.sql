{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ delete_stale_constraints() }}",
    post_hook="analyze {{ this }}",
) }}

with parcel as (

    select * from {{ ref('int_parcel_overlayable') }}

),

-- materialised: the box join runs on the index before anything dear is computed
candidate as materialized (

    select
        parcel.parcel_key,
        piece.constraint_dataset,
        piece.constraint_key,
        bool_or(st_covers(piece.geom, parcel.geom)) as is_covered
    from {{ ref('int_constraint_subdivided') }} as piece
    inner join parcel on st_intersects(piece.geom, parcel.geom)
    group by parcel.parcel_key, piece.constraint_dataset, piece.constraint_key

),

missing as (

    select candidate.*
    from candidate
    {%- if is_incremental() %}
    where not exists (
            select 1
            from {{ this }} as done
            where done.parcel_key = candidate.parcel_key
                and done.constraint_dataset = candidate.constraint_dataset
                and done.constraint_key = candidate.constraint_key
        )
    {%- endif %}

),

cut as (

    select
        missing.*,
        live.source_system,
        live.kind,
        live.valid_from,
        live.valid_to,
        live.constraint_hash,
        parcel.parcel_hash,
        st_area(parcel.geom::geography) as parcel_area_m2,
        case
            when missing.is_covered then st_area(parcel.geom::geography)
            else st_area(st_collectionextract(st_intersection(parcel.geom, live.geom), 3)::geography)
        end as overlap_area_m2
    from missing
    inner join parcel on missing.parcel_key = parcel.parcel_key
    inner join {{ ref('int_constraint_live') }} as live
        on missing.constraint_dataset = live.constraint_dataset and missing.constraint_key = live.constraint_key
    offset 0

),

described as (

    select
        parcel_key,
        constraint_dataset,
        constraint_key,
        source_system,
        kind,
        overlap_area_m2::numeric(16, 3) as overlap_area_m2,
        (overlap_area_m2 / parcel_area_m2)::numeric(9, 8) as overlap_share,
        case
            when parcel_area_m2 - overlap_area_m2 <= {{ derivation_parameter('overlay_touch_m2') }} then 'INSIDE'
            when overlap_area_m2 <= {{ derivation_parameter('overlay_touch_m2') }} then 'TOUCHES'
            else 'PARTLY'
        end as relation,
        valid_from,
        valid_to,
        true as is_parcel_known,
        true as is_constraint_known,
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
