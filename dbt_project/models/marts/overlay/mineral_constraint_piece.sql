{% set published = ['constraint_dataset', 'constraint_key', 'piece_no', 'source_system', 'kind', 'valid_from', 'valid_to', 'geom'] %}
with piece as (

    select
        constraint_dataset,
        constraint_key,
        geom
    from {{ ref('int_constraint_subdivided') }}

),

live as (

    select * from {{ ref('int_constraint_live') }}

),

described as (

    select
        piece.constraint_dataset,
        piece.constraint_key,
        -- by place, so that a piece keeps its number as long as the constraint keeps its shape
        row_number() over (
            partition by piece.constraint_dataset, piece.constraint_key
            order by st_xmin(piece.geom), st_ymin(piece.geom), st_xmax(piece.geom), st_ymax(piece.geom)
        )::integer as piece_no,
        live.source_system,
        live.kind,
        live.valid_from,
        live.valid_to,
        st_multi(piece.geom)::geometry (multipolygon, 4756) as geom
    from piece
    inner join live
        on piece.constraint_dataset = live.constraint_dataset and piece.constraint_key = live.constraint_key

)

select
    described.*,
    {{ row_hash(published) }} as row_hash
from described
