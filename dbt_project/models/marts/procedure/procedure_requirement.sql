{% set published = [
    'procedure_code', 'check_code', 'valid_from', 'seq', 'name_vi', 'name_en', 'subject', 'datasets', 'place_datasets',
    'is_connected', 'parameters', 'valid_to', 'legal_basis', 'source_system',
] %}
with requirement as (

    select * from {{ ref('requirement_listed') }}

),

procedure_named as (

    select distinct
        catalogue_no,
        procedure_code
    from {{ ref('procedure') }}

),

known_check as (

    select * from {{ ref('check_listed') }}

),

-- who may grant which type of licence, and from when to when: the one list of it, also for the licences in the register
competence as (

    select
        licence_type,
        jsonb_agg(
            jsonb_build_object(
                'mineral_group', mineral_group,
                'authority', case level when 'MINISTRY' then 'BNNMT' else 'UBND' end,
                'condition', condition,
                'valid_from', valid_from,
                'valid_to', valid_to,
                'legal_basis', legal_basis
            )
            order by mineral_group, valid_from, level
        ) as listed
    from {{ ref('licensing_level') }}
    group by licence_type

),

described as (

    select
        coalesce(procedure_named.procedure_code, requirement.catalogue_no) as procedure_code,
        requirement.check_code,
        requirement.valid_from,
        requirement.seq,
        known_check.name_vi,
        known_check.name_en,
        known_check.subject,
        known_check.datasets::text[] as datasets,
        known_check.place_datasets::text[] as place_datasets,
        known_check.is_connected,
        requirement.parameters::jsonb || case
            when competence.listed is not null then jsonb_build_object('competence', competence.listed) else '{}'
        end as parameters,
        requirement.valid_to,
        requirement.legal_basis,
        known_check.source_system,
        procedure_named.procedure_code is not null as is_procedure_known,
        known_check.check_code is not null as is_check_known
    from requirement
    left join procedure_named on requirement.catalogue_no = procedure_named.catalogue_no
    left join known_check
        on requirement.check_code = known_check.check_code
        and requirement.valid_from >= known_check.valid_from
        and (known_check.valid_to is null or requirement.valid_from <= known_check.valid_to)
    left join competence on requirement.parameters::jsonb ->> 'licence_type' = competence.licence_type

)

select
    described.*,
    {{ row_hash(published) }} as row_hash
from described
