{{ config(indexes=[{'columns': ['geom'], 'type': 'gist'}]) }}
{% set published = [
    'code', 'valid_from', 'valid_to', 'is_valid_from_declared', 'level', 'kind', 'name', 'full_name', 'name_en',
    'parent_code', 'legal_basis', 'resolution_number', 'resolved_on', 'resolution_full_name', 'name_repaired',
    'source_system', 'geom',
] %}
with unit as (

    select
        unit_code as code,
        valid_from,
        valid_to,
        is_valid_from_declared,
        unit_level as level,
        unit_kind as kind,
        unit_name as name,
        full_name,
        name_en,
        parent_code,
        legal_basis,
        resolution_number,
        resolved_on,
        resolution_full_name,
        name_repaired,
        'administrative_units'::text as source_system,
        geom
    from {{ ref('int_administrative_unit_listed') }}

),

hashed as (

    select
        *,
        {{ row_hash(published) }} as row_hash
    from unit

)

select
    hashed.*,
    hashed.level = 'province' or parent.code is not null as parent_exists
from hashed
left join unit as parent on hashed.parent_code = parent.code and hashed.valid_from = parent.valid_from
