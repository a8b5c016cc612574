{{ config(materialized='table') }}

with licence as (

    select * from {{ ref('stg_mineral_cadastre__licence') }}

),

issued as (

    select
        licence_key,
        issued_on
    from {{ ref('int_licence_number_parsed') }}

),

succession as (

    select * from {{ ref('int_licence_succession_walked') }}

),

reissue as (

    select * from {{ ref('licence_reissue') }}
    where valid_from <= {{ build_date() }} and (valid_to is null or valid_to >= {{ build_date() }})

),

-- a successor that is not yet in force replaces nothing yet; one that is missing or circular says nothing
judged as (

    select
        licence.licence_key,
        licence.licence_type,
        issued.issued_on,
        case
            when not succession.is_successor_known or succession.is_in_succession_loop then 'UNKNOWN'
            when licence.replaced_by is not null
                and coalesce(successor.valid_from, date '0001-01-01') <= {{ build_date() }} then 'REPLACED'
            when licence.valid_from is null or licence.valid_to is null then 'UNKNOWN'
            when licence.valid_from > {{ build_date() }} then 'NOT_YET'
            when licence.valid_to < {{ build_date() }} then 'EXPIRED'
            else 'IN_FORCE'
        end as status
    from licence
    inner join issued on licence.licence_key = issued.licence_key
    inner join succession on licence.licence_key = succession.licence_key
    left join licence as successor on licence.replaced_by = successor.licence_key

)

select
    judged.licence_key,
    judged.status,
    judged.status in ('IN_FORCE', 'NOT_YET') and reissue.licence_type is not null as needs_reissue,
    case when judged.status in ('IN_FORCE', 'NOT_YET') then reissue.reissue_by end as reissue_by
from judged
left join reissue on judged.licence_type = reissue.licence_type and judged.issued_on < reissue.issued_before
