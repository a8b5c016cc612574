{{ config(materialized='table') }}

with parsed as (

    select
        decision_key,
        authority,
        recorded_on,
        {{ parse_document_number('number_text') }}
    from {{ ref('stg_environment_permits__eia_decision') }}

),

dated as (

    select
        decision_key,
        {{ authority_name_key('authority') }} as name_key,
        number_count,
        number,
        symbol,
        issuer,
        coalesce(dated_on, recorded_on) as decided_on
    from parsed

),

authority as (

    select
        authority_code,
        {{ authority_name_key('name') }} as name_key,
        valid_from,
        valid_to
    from {{ ref('authority') }}

)

select
    dated.decision_key,
    dated.number_count,
    dated.number,
    dated.symbol,
    dated.issuer,
    dated.decided_on,
    authority.authority_code
from dated
left join authority
    on dated.name_key = authority.name_key
    and dated.decided_on >= authority.valid_from
    and (authority.valid_to is null or dated.decided_on <= authority.valid_to)
