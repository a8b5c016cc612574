{{ config(materialized='table') }}

with permit as (

    select
        parsed.*,
        staged.facility_key
    from {{ ref('int_permit_number_parsed') }} as parsed
    inner join {{ ref('stg_environment_permits__permit') }} as staged on parsed.permit_key = staged.permit_key

),

-- numbers restart every year and in every province, and the issuer may be dissolved since: the permit of the same facility
-- is the one meant, and where several fit the replacement stays unmatched
candidate as (

    select
        permit.permit_key as new_key,
        permit.issued_on as new_issued_on,
        former.permit_key as old_key,
        coalesce(permit.facility_key = former.facility_key, false) as is_same_facility
    from permit
    inner join permit as former
        on permit.replaces_number = former.number
        and permit.replaces_symbol = former.symbol
        and permit.replaces_issuer = former.issuer
        and permit.permit_key <> former.permit_key
        and (permit.replaces_dated_on is null or permit.replaces_dated_on = former.issued_on)
        and coalesce(former.issued_on <= permit.issued_on, true)

),

counted as (

    select
        candidate.*,
        bool_or(is_same_facility) over (partition by new_key) as has_same_facility,
        count(*) over (partition by new_key, is_same_facility) as former_count
    from candidate

)

select distinct on (old_key)
    old_key as permit_key,
    new_key as replaced_by
from counted
where former_count = 1 and is_same_facility = has_same_facility
order by old_key, new_issued_on desc nulls last, new_key
