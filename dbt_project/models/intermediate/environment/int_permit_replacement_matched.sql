{{ config(materialized='table') }}

with permit as (

    select * from {{ ref('int_permit_number_parsed') }}

),

-- numbers restart every year: without a date, two permits of one number leave the replacement unmatched
candidate as (

    select
        permit.permit_key as new_key,
        permit.issued_on as new_issued_on,
        former.permit_key as old_key,
        count(*) over (partition by permit.permit_key) as former_count
    from permit
    inner join permit as former
        on permit.replaces_number = former.number
        and permit.replaces_symbol = former.symbol
        and permit.replaces_issuer = former.issuer
        and permit.permit_key <> former.permit_key
        and (permit.replaces_dated_on is null or permit.replaces_dated_on = former.issued_on)
        and coalesce(former.issued_on <= permit.issued_on, true)

)

select distinct on (old_key)
    old_key as permit_key,
    new_key as replaced_by
from candidate
where former_count = 1
order by old_key, new_issued_on desc nulls last, new_key
