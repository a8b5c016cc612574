{{ config(materialized='table', indexes=[{'columns': ['geom'], 'type': 'gist'}]) }}

-- a large zone in small pieces: their boxes meet few parcels in vain, and a parcel within a piece need not be cut
select
    constraint_dataset,
    constraint_key,
    st_subdivide(geom, 64) as geom
from {{ ref('int_constraint_live') }}
