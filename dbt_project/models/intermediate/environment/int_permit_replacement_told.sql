{{ config(materialized='table') }}

with fitted as (

    select * from {{ ref('int_permit_former_fitted') }}

),

-- what became of each number that a permit names
told as (

    select
        permit_key,
        case
            when named_number is null then 'UNREAD'
            when count(former_key) = 0 then 'NOT_FOUND'
            when bool_or(is_same_facility) and count(former_key) = 1 then 'MATCHED'
            else 'AMBIGUOUS'
        end as replacement_match
    from fitted
    group by permit_key, named_number, named_symbol, named_issuer

)

select distinct on (permit_key)
    permit_key,
    replacement_match
from told
order by permit_key, array_position(array['UNREAD', 'AMBIGUOUS', 'NOT_FOUND', 'MATCHED'], replacement_match)
