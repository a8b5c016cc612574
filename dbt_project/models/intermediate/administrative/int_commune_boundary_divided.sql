{{ config(
    materialized='table',
    indexes=[{'columns': ['geom'], 'type': 'gist'}, {'columns': ['commune_code']}],
    post_hook='analyze {{ this }}',
) }}
-- Boundaries of today's communes cut into small pieces, so that a point finds its commune by index.
select
    unit_code as commune_code,
    st_subdivide(geom, 64) as geom
from {{ ref('int_administrative_unit_listed') }}
where unit_level = 'commune' and valid_to is null and geom is not null
