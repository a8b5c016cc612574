{{ config(materialized='table') }}

with permit as (

    select
        parsed.permit_key,
        parsed.issued_on,
        staged.facility_key
    from {{ ref('int_permit_number_parsed') }} as parsed
    inner join {{ ref('stg_environment_permits__permit') }} as staged on parsed.permit_key = staged.permit_key

),

fitted as (

    select * from {{ ref('int_permit_former_fitted') }}

),

-- where no permit of its facility has the number that it names, any earlier one of them may be meant: numbers are mistyped
possible as (

    select
        permit_key,
        former_key,
        is_certain
    from fitted
    where former_key is not null
    union all
    select
        new.permit_key,
        former.permit_key,
        false
    from (select distinct permit_key from fitted where not is_same_facility) as unfound
    inner join permit as new on unfound.permit_key = new.permit_key
    inner join permit as former
        on new.facility_key = former.facility_key
        and new.permit_key <> former.permit_key
        and coalesce(former.issued_on <= new.issued_on, true)

),

latest as (

    select distinct on (possible.former_key)
        possible.former_key,
        possible.permit_key as new_key,
        possible.is_certain
    from possible
    inner join permit on possible.permit_key = permit.permit_key
    order by possible.former_key, possible.is_certain desc, permit.issued_on desc nulls last, possible.permit_key

)

select
    former_key as permit_key,
    case when is_certain then new_key end as replaced_by,
    case when not is_certain then new_key end as may_be_replaced_by
from latest
