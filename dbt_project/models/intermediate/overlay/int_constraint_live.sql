{{ config(
    materialized='table',
    indexes=[{'columns': ['constraint_dataset', 'constraint_key'], 'unique': true}],
) }}

with licence as (

    select
        'mineral_licence'::text as constraint_dataset,
        licence_key as constraint_key,
        source_system,
        licence_type as kind,
        valid_from,
        valid_to,
        geom
    from {{ ref('mineral_licence') }}
    where status = 'IN_FORCE' and is_geometry_valid

),

zone as (

    select
        'mineral_zone'::text as constraint_dataset,
        zone_key as constraint_key,
        source_system,
        kind,
        valid_from,
        valid_to,
        geom
    from {{ ref('mineral_zone') }}
    where is_geometry_valid and geom is not null
        and coalesce(valid_from <= {{ build_date() }}, true)
        and coalesce(valid_to >= {{ build_date() }}, true)

),

protected as (

    select
        'protected_area'::text as constraint_dataset,
        protected_area_key as constraint_key,
        source_system,
        kind,
        valid_from,
        valid_to,
        geom
    from {{ ref('protected_area') }}
    where is_geometry_valid and geom is not null
        and coalesce(valid_from <= {{ build_date() }}, true)
        and coalesce(valid_to >= {{ build_date() }}, true)

),

live as (

    select * from licence
    union all
    select * from zone
    union all
    select * from protected

)

-- ids of licences, zones and protected areas may be equal, so the key of a row is the pair; the hash says with what a parcel was overlaid
select
    live.*,
    {{ row_hash(['constraint_dataset', 'constraint_key', 'kind', 'valid_from', 'valid_to', 'geom']) }} as constraint_hash
from live
