{{ config(materialized='table', post_hook='analyze {{ this }}') }}
-- What a commune code means today, by the time it was valid: itself if of today, else its successors.
-- A code without a date means nothing: join on the code and on a date between valid_from and valid_to.
select
    unit_code as source_code,
    valid_from,
    coalesce(valid_to, 'infinity'::date) as valid_to,
    unit_code as commune_code,
    1::bigint as n_candidates
from {{ ref('int_administrative_unit_listed') }}
where unit_level = 'commune' and valid_to is null
union all
select
    unit.unit_code,
    unit.valid_from,
    unit.valid_to,
    change.new_code,
    count(*) over (partition by unit.unit_code)
from {{ ref('int_administrative_unit_listed') }} as unit
inner join {{ ref('int_administrative_unit_changed') }} as change
    on unit.unit_code = change.old_code and unit.valid_to = change.effective_on - 1
where unit.unit_level = 'commune'
