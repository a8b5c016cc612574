{% set published = ['dataset', 'area_code', 'source_system', 'valid_from', 'valid_to', 'legal_basis'] %}
with listed as (

    select * from {{ ref('coverage_listed') }}

),

unit as (

    select code from {{ ref('administrative_unit') }} where valid_to is null

),

described as (

    select
        listed.dataset,
        listed.area_code,
        listed.source_system,
        listed.valid_from,
        listed.valid_to,
        listed.legal_basis,
        listed.area_code = '*' or unit.code is not null as is_area_known
    from listed
    left join unit on listed.area_code = unit.code

)

select
    described.*,
    {{ row_hash(published) }} as row_hash
from described
