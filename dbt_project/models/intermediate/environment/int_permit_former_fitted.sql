{{ config(materialized='table') }}

with permit as (

    select
        parsed.*,
        staged.facility_key,
        upper(staged.replaces_text) as replaces_text
    from {{ ref('int_permit_number_parsed') }} as parsed
    inner join {{ ref('stg_environment_permits__permit') }} as staged on parsed.permit_key = staged.permit_key

),

-- of several numbers none has the day that stands somewhere in the text; a text without any may still speak of a permit
named as (

    select
        permit_key,
        replaces_number as number,
        replaces_symbol as symbol,
        replaces_issuer as issuer,
        replaces_dated_on as dated_on
    from permit
    where replaces_number is not null
    union
    select
        permit.permit_key,
        part[1],
        part[2],
        part[3],
        null
    from permit
    cross join lateral regexp_matches(permit.replaces_text, {{ document_number_pattern() }}, 'g') as part
    where permit.replaces_number_count > 1
    union
    select
        permit_key,
        null,
        null,
        null,
        null
    from permit
    where replaces_number_count = 0 and replaces_text ~ '[[:alnum:]]' and replaces_text !~ '^(KHÔNG|CHƯA)\M'

),

-- numbers restart every year and in every province: without its day a number fits the permits of many years
fitting as (

    select
        named.permit_key as new_key,
        named.number as named_number,
        named.symbol as named_symbol,
        named.issuer as named_issuer,
        former.permit_key as old_key,
        coalesce(former.facility_key = new.facility_key, false) as is_same_facility,
        coalesce(former.issued_on = named.dated_on, false) as is_day_equal,
        coalesce(new.issued_on <= {{ build_date() }}, true) as is_issued
    from named
    inner join permit as new on named.permit_key = new.permit_key
    left join permit as former
        on named.number = former.number
        and named.symbol = former.symbol
        and named.issuer = former.issuer
        and named.permit_key <> former.permit_key
        and coalesce(former.issued_on = named.dated_on, true)
        and coalesce(former.issued_on <= new.issued_on, true)

),

-- of those that fit, the ones of the same facility are meant, and among these the one of the day that is named
ranked as (

    select
        fitting.*,
        rank() over (
            partition by new_key, named_number, named_symbol, named_issuer
            order by is_same_facility desc, is_day_equal and is_same_facility desc
        ) as place
    from fitting

),

-- a number of another facility may as well be that of a permit which the register does not have
judged as (

    select
        ranked.*,
        is_same_facility and is_issued and count(*) over (
            partition by new_key, named_number, named_symbol, named_issuer
        ) = 1 as is_certain
    from ranked
    where place = 1

)

select
    new_key as permit_key,
    named_number,
    named_symbol,
    named_issuer,
    old_key as former_key,
    is_same_facility,
    is_certain
from judged
