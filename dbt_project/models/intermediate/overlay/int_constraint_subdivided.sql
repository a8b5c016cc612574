{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='append_new_columns',
    pre_hook="{{ delete_outdated_pieces() }}",
    indexes=[
        {'columns': ['geom'], 'type': 'gist'},
        {'columns': ['constraint_dataset', 'constraint_key', 'piece_no'], 'unique': true},
    ],
    post_hook="{{ analyze_grown() }}",
) }}
-- A large zone in small pieces: their boxes meet few parcels in vain, and a parcel is cut by a piece, not by the zone.
-- Cutting up a zone is dear, and is done once.
with live as (

    select
        constraint_dataset,
        constraint_key,
        constraint_hash,
        geom
    from {{ ref('int_constraint_live') }} as live
    {%- if is_incremental() %}
    where not exists (
            select 1
            from {{ this }} as done
            where done.constraint_dataset = live.constraint_dataset
                and done.constraint_key = live.constraint_key
                and done.piece_no = 1
        )
    {%- endif %}

),

piece as (

    select
        constraint_dataset,
        constraint_key,
        constraint_hash,
        st_subdivide(geom, 128) as geom
    from live

)

select
    constraint_dataset,
    constraint_key,
    row_number() over (partition by constraint_dataset, constraint_key) as piece_no,
    constraint_hash,
    {{ logic_mark() }}::text as logic_mark,
    geom
from piece
