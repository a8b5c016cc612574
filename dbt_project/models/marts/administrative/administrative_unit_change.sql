{% set published = [
    'old_code', 'new_code', 'effective_on', 'kind', 'area_share', 'method', 'legal_basis', 'source_system',
    'valid_from', 'valid_to',
] %}
with change as (

    select
        old_code,
        new_code,
        effective_on,
        change_kind as kind,
        area_share,
        method,
        legal_basis,
        'administrative_units'::text as source_system,
        effective_on as valid_from,
        null::date as valid_to,
        old_unit_exists,
        new_unit_exists,
        case
            when count(area_share) over (partition by old_code, effective_on)
                = count(*) over (partition by old_code, effective_on)
                then sum(area_share) over (partition by old_code, effective_on)
        end as area_share_sum
    from {{ ref('int_administrative_unit_changed') }}

)

select
    change.*,
    {{ row_hash(published) }} as row_hash
from change
