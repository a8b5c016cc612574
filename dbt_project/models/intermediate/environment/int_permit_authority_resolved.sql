{{ config(materialized='table') }}

with permit as (

    select
        staged.permit_key,
        staged.issuer_text,
        parsed.issued_on
    from {{ ref('stg_environment_permits__permit') }} as staged
    inner join {{ ref('int_permit_number_parsed') }} as parsed on staged.permit_key = parsed.permit_key

),

authority as (

    select
        authority_code,
        {{ authority_name_key('name') }} as name_key,
        level,
        valid_from,
        valid_to
    from {{ ref('authority') }}

)

select
    permit.permit_key,
    authority.authority_code,
    authority.level as authority_level
from permit
inner join authority
    on {{ authority_name_key('permit.issuer_text') }} = authority.name_key
    and permit.issued_on >= authority.valid_from
    and (authority.valid_to is null or permit.issued_on <= authority.valid_to)
