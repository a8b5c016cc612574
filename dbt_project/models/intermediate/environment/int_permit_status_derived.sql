{{ config(materialized='table') }}

with permit as (

    select
        staged.permit_key,
        parsed.issued_on,
        -- a term no permit can have is unknown, and must not end the build by leaving the calendar
        case
            when staged.term_years between 1 and 200
                then (parsed.issued_on + make_interval(years => staged.term_years))::date
        end as valid_to
    from {{ ref('stg_environment_permits__permit') }} as staged
    inner join {{ ref('int_permit_number_parsed') }} as parsed on staged.permit_key = parsed.permit_key

),

replaced as (

    select * from {{ ref('int_permit_replacement_matched') }}

)

select
    permit.permit_key,
    permit.issued_on as valid_from,
    permit.valid_to,
    replaced.replaced_by,
    replaced.may_be_replaced_by,
    case
        when replaced.replaced_by is not null then 'REPLACED'
        when permit.issued_on is null or permit.valid_to is null then 'UNKNOWN'
        when permit.valid_to < {{ build_date() }} then 'EXPIRED'
        when replaced.may_be_replaced_by is not null then 'UNKNOWN'
        when permit.valid_to
            <= {{ build_date() }} + make_interval(months => {{ derivation_parameter('permit_expiring_months') }}::integer)
            then 'EXPIRING'
        else 'IN_FORCE'
    end as status
from permit
left join replaced on permit.permit_key = replaced.permit_key
