{% set published = [
    'procedure_code', 'valid_from', 'catalogue_no', 'national_code', 'code_status', 'sector', 'name_vi', 'name_en', 'status',
    'valid_to', 'is_valid_from_declared', 'legal_basis', 'source_system',
] %}
with listed as (

    select * from {{ ref('procedure_listed') }}

),

described as (

    select
        coalesce(national_code, catalogue_no) as procedure_code,
        valid_from,
        catalogue_no,
        national_code,
        code_status,
        sector,
        name_vi,
        name_en,
        status,
        valid_to,
        is_valid_from_declared,
        legal_basis,
        'procedure_catalogue'::text as source_system
    from listed

)

select
    described.*,
    {{ row_hash(published) }} as row_hash
from described
