{{ config(alias='land_use_type') }}

with described as (

    select
        land_use_code,
        scheme,
        'reference'::text as source_system,
        land_use_name,
        parent_code,
        valid_from,
        valid_to,
        legal_basis
    from {{ ref('land_use_type') }}

)

select
    described.*,
    {{ row_hash([
        'land_use_code', 'scheme', 'source_system', 'land_use_name', 'parent_code', 'valid_from', 'valid_to',
        'legal_basis',
    ]) }} as row_hash
from described
