{{ config(alias='limit_value') }}

with described as (

    select
        concat_ws('|', medium, symbol, class, averaging) as limit_code,
        'reference'::text as source_system,
        medium,
        symbol,
        class,
        averaging,
        unit,
        limit_min,
        limit_max,
        regulation,
        valid_from,
        valid_to,
        legal_basis,
        is_confirmed,
        facility_before
    from {{ ref('limit_value') }}

)

select
    described.*,
    {{ row_hash([
        'limit_code', 'source_system', 'medium', 'symbol', 'class', 'averaging', 'unit', 'limit_min', 'limit_max',
        'regulation', 'valid_from', 'valid_to', 'legal_basis', 'is_confirmed',
        'facility_before',
    ]) }} as row_hash
from described
