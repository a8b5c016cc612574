with decision as (

    select * from {{ ref('stg_environment_permits__eia_decision') }}

),

described as (

    select
        decision.decision_key,
        'environment_permits'::text as source_system,
        decision.number_text,
        parsed.number,
        parsed.symbol,
        parsed.issuer,
        decision.authority,
        parsed.authority_code,
        parsed.decided_on,
        decision.project,
        decision.project_group,
        decision.facility_key,
        parsed.decided_on as valid_from,
        null::date as valid_to,
        parsed.number_count,
        symbol.symbol is not null as is_symbol_known,
        parsed.authority_code is not null as is_authority_known,
        facility.facility_key is not null as is_facility_known,
        coalesce(parsed.decided_on > {{ build_date() }}, false) as is_dated_ahead,
        coalesce(parsed.authority_code, parsed.issuer) as issuing_authority,
        decision.change_no
    from decision
    inner join {{ ref('int_eia_number_parsed') }} as parsed on decision.decision_key = parsed.decision_key
    left join {{ ref('eia_symbol') }} as symbol
        on parsed.symbol = symbol.symbol
        and parsed.issuer = symbol.issuer
        and parsed.decided_on >= symbol.valid_from
        and (symbol.valid_to is null or parsed.decided_on <= symbol.valid_to)
    left join {{ ref('stg_environment_permits__facility') }} as facility
        on decision.facility_key = facility.facility_key

)

select
    described.*,
    {{ row_hash([
        'decision_key', 'source_system', 'number_text', 'number', 'symbol', 'issuer', 'authority', 'authority_code',
        'decided_on', 'project', 'project_group', 'facility_key', 'valid_from', 'valid_to',
    ]) }} as row_hash
from described
