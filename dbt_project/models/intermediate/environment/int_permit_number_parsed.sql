{{ config(materialized='table') }}

with permit as (

    select
        permit_key,
        number_text,
        signed_on,
        replaces_text
    from {{ ref('stg_environment_permits__permit') }}

),

parsed as (

    select
        permit_key,
        signed_on,
        -- the sheet had headings between its rows: `I | 2022`, `III | Năm 2025`
        coalesce(number_text ~* '^([IVX]+\s*[|.:-]?\s*)?(năm\s*)?(19|20)[0-9]{2}$', false) as is_year_row,
        {{ parse_document_number('number_text') }},
        {{ parse_document_number('replaces_text', prefix='replaces_') }}
    from permit

)

select
    permit_key,
    is_year_row,
    number_count,
    number,
    symbol,
    issuer,
    coalesce(dated_on, signed_on) as issued_on,
    replaces_number_count,
    replaces_number,
    replaces_symbol,
    replaces_issuer,
    replaces_dated_on
from parsed
