{{ config(materialized='table') }}

with live as (

    select
        licence.licence_key,
        lower(licence.minerals::text)::text[] as minerals,
        built.geom
    from {{ ref('stg_mineral_cadastre__licence') }} as licence
    inner join {{ ref('int_licence_geometry_built') }} as built on licence.licence_key = built.licence_key
    inner join {{ ref('int_licence_status_derived') }} as derived on licence.licence_key = derived.licence_key
    where licence.licence_type = 'MINE' and derived.status = 'IN_FORCE' and built.is_geometry_valid

)

select
    live.licence_key,
    max(st_area(st_intersection(live.geom, other.geom)::geography)) as overlap_same_mineral_m2
from live
inner join live as other
    on st_intersects(live.geom, other.geom)
    and live.minerals && other.minerals
    and live.licence_key <> other.licence_key
group by live.licence_key
