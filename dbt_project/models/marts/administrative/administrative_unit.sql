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

-- a commune of the reform came from somewhere; of the units of the first code list nobody says from where
select
    hashed.*,
    hashed.level = 'province' or parent.code is not null as parent_exists,
    hashed.level <> 'commune' or hashed.is_valid_from_declared or (hashed.code, hashed.valid_from) in (
        select
            change.new_code,
            change.effective_on
        from {{ ref('int_administrative_unit_changed') }} as change
    ) as has_predecessor
from hashed
left join unit as parent on hashed.parent_code = parent.code and hashed.valid_from = parent.valid_from
