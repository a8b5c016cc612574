with document as (

    select
        permit.facility_key,
        parsed.issued_on as dated_on
    from {{ ref('stg_environment_permits__permit') }} as permit
    inner join {{ ref('int_permit_number_parsed') }} as parsed on permit.permit_key = parsed.permit_key
    union all
    select
        decision.facility_key,
        parsed.decided_on
    from {{ ref('stg_environment_permits__eia_decision') }} as decision
    inner join {{ ref('int_eia_number_parsed') }} as parsed on decision.decision_key = parsed.decision_key

)

select
    facility_key,
    min(dated_on) as documented_on
from document
where facility_key is not null and dated_on is not null
group by facility_key
