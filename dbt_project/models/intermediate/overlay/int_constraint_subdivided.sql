{{ config(
    materialized='table',
    indexes=[{'columns': ['geom'], 'type': 'gist'}, {'columns': ['piece_no'], 'unique': true}],
) }}
-- a large zone in small pieces: their boxes meet few parcels in vain, and a parcel is cut by a piece, not by the zone
with piece as (

    select
        constraint_dataset,
        constraint_key,
        st_subdivide(geom, 64) as geom
    from {{ ref('int_constraint_live') }}

)

select
    piece.*,
    row_number() over () as piece_no
from piece
