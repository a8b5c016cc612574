{{ config(materialized='table') }}

with licence as (

    select
        licence_key,
        number_text,
        stated_issued_on
    from {{ ref('stg_mineral_cadastre__licence') }}

),

parsed as (

    select
        licence_key,
        stated_issued_on,
        {{ parse_document_number('number_text') }}
    from licence

)

select
    licence_key,
    number_count,
    number,
    symbol,
    issuer,
    coalesce(dated_on, stated_issued_on) as issued_on
from parsed
