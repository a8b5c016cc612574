with ministry as (

    select
        authority_code,
        abbreviation,
        name,
        'MINISTRY'::text as level,
        null::text as unit_code,
        succeeded_by,
        valid_from,
        valid_to,
        legal_basis,
        'reference'::text as source_system
    from {{ ref('ministry') }}

),

unit as (

    select * from {{ ref('administrative_unit') }}
    where level in ('province', 'district')

),

successor as (

    select
        old_code,
        effective_on,
        min(new_code) as new_code
    from {{ ref('administrative_unit_change') }}
    group by old_code, effective_on
    having count(distinct new_code) = 1

),

-- a people's committee lives as long as its unit; what a dissolved district did is not one authority's since
committee as (

    select
        'UBND-' || unit.code as authority_code,
        'UBND'::text as abbreviation,
        'Ủy ban nhân dân ' || lower(left(unit.full_name, 1)) || substr(unit.full_name, 2) as name,
        upper(unit.level) as level,
        unit.code as unit_code,
        case when unit.level = 'province' then 'UBND-' || successor.new_code end as succeeded_by,
        unit.valid_from,
        unit.valid_to,
        unit.legal_basis,
        'administrative_units'::text as source_system
    from unit
    left join successor on unit.code = successor.old_code and unit.valid_to + 1 = successor.effective_on

),

described as (

    select * from ministry
    union all
    select * from committee

)

select
    described.*,
    {{ row_hash([
        'authority_code', 'abbreviation', 'name', 'level', 'unit_code', 'succeeded_by', 'valid_from', 'valid_to',
        'legal_basis', 'source_system',
    ]) }} as row_hash
from described
