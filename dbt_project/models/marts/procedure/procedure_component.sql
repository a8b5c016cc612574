{% set published = [
    'procedure_code', 'component_code', 'valid_from', 'name_vi', 'name_en', 'check_codes', 'is_confirmed', 'valid_to',
    'legal_basis', 'source_system',
] %}
with component as (

    select * from {{ ref('component_listed') }}

),

procedure_named as (

    select distinct
        catalogue_no,
        procedure_code
    from {{ ref('procedure') }}

),

described as (

    select
        coalesce(procedure_named.procedure_code, component.catalogue_no) as procedure_code,
        component.component_code,
        component.valid_from,
        component.name_vi,
        component.name_en,
        component.check_codes::text[] as check_codes,
        component.is_confirmed,
        component.valid_to,
        component.legal_basis,
        'procedure_catalogue'::text as source_system,
        procedure_named.procedure_code is not null as is_procedure_known,
        not exists (
            select 1
            from unnest(component.check_codes::text[]) as named (check_code)
            where not exists (
                    select 1
                    from {{ ref('requirement_listed') }} as requirement
                    where requirement.catalogue_no = component.catalogue_no and requirement.check_code = named.check_code
                )
        ) as are_checks_required
    from component
    left join procedure_named on component.catalogue_no = procedure_named.catalogue_no

)

select
    described.*,
    {{ row_hash(published) }} as row_hash
from described
