with permit as (

    select * from {{ ref('stg_environment_permits__permit') }}

),

symbol as (

    select distinct
        symbol,
        issuer
    from {{ ref('permit_symbol') }}

),

former as (

    select
        coalesce(replaced_by, may_be_replaced_by) as permit_key,
        array_agg(permit_key order by permit_key) as former_permit_keys
    from {{ ref('int_permit_replacement_matched') }}
    group by coalesce(replaced_by, may_be_replaced_by)

),

described as (

    select
        permit.permit_key,
        'environment_permits'::text as source_system,
        permit.number_text,
        parsed.number,
        parsed.symbol,
        parsed.issuer,
        permit.issuer_text,
        resolved.authority_code,
        resolved.authority_level,
        parsed.issued_on,
        permit.facility_key,
        permit.project_group,
        permit.term_years,
        derived.status,
        derived.replaced_by,
        derived.may_be_replaced_by,
        {{ flow_m3_day('permit.waste_water_text') }} as waste_water_m3_day,
        permit.solid_waste_text,
        {{ waste_t_year('permit.solid_waste_text') }} as solid_waste_t_year,
        derived.valid_from,
        derived.valid_to,
        parsed.is_year_row,
        parsed.number_count,
        symbol.symbol is not null as is_symbol_known,
        facility.facility_key is not null as is_facility_known,
        resolved.authority_code is not null as is_authority_known,
        coalesce(resolved.authority_code, parsed.issuer) as issuing_authority,
        told.replacement_match,
        former.former_permit_keys,
        permit.change_no
    from permit
    inner join {{ ref('int_permit_number_parsed') }} as parsed on permit.permit_key = parsed.permit_key
    inner join {{ ref('int_permit_status_derived') }} as derived on permit.permit_key = derived.permit_key
    left join {{ ref('int_permit_replacement_told') }} as told on permit.permit_key = told.permit_key
    left join former on permit.permit_key = former.permit_key
    left join {{ ref('int_permit_authority_resolved') }} as resolved on permit.permit_key = resolved.permit_key
    left join symbol on parsed.symbol = symbol.symbol and parsed.issuer = symbol.issuer
    left join {{ ref('stg_environment_permits__facility') }} as facility
        on permit.facility_key = facility.facility_key

)

select
    described.*,
    {{ row_hash([
        'permit_key', 'source_system', 'number_text', 'number', 'symbol', 'issuer', 'issuer_text', 'authority_code',
        'authority_level', 'issued_on', 'facility_key', 'project_group', 'term_years', 'status', 'replaced_by',
        'may_be_replaced_by', 'waste_water_m3_day', 'solid_waste_text', 'solid_waste_t_year', 'valid_from', 'valid_to',
    ]) }} as row_hash
from described
