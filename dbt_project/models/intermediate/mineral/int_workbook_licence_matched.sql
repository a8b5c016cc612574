{{ config(materialized='table') }}

with written as (

    select distinct number_text from {{ ref('stg_mineral_workbooks__licence_corner') }}

),

parsed as (

    select
        number_text,
        {{ parse_document_number('number_text') }}
    from written

),

-- numbers restart every year: without a day, two licences of one number leave the rows of the workbook unmatched
candidate as (

    select
        parsed.number_text,
        licence.licence_key,
        count(*) over (partition by parsed.number_text) as licence_count
    from parsed
    inner join {{ ref('int_licence_number_parsed') }} as licence
        on parsed.number = licence.number
        and parsed.symbol = licence.symbol
        and parsed.issuer = licence.issuer
        and (parsed.dated_on is null or parsed.dated_on = licence.issued_on)

)

select
    written.number_text,
    candidate.licence_key
from written
left join candidate on written.number_text = candidate.number_text and candidate.licence_count = 1
