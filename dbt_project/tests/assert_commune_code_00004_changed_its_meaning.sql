-- The best known recycled code: fails unless it is Phường Trúc Bạch until 2025-06-30 and Phường Ba Đình since. Where the
-- lists are not loaded yet there is nothing to say.
with expected (valid_on, full_name) as (

    values (date '2025-06-30', 'Phường Trúc Bạch'), (date '2025-07-01', 'Phường Ba Đình')

)

select expected.valid_on
from expected
left join {{ ref('administrative_unit') }} as unit
    on
    unit.code = '00004'
    and expected.valid_on between unit.valid_from and coalesce(unit.valid_to, 'infinity'::date)
    and unit.full_name = expected.full_name
where unit.code is null and exists (select 1 from {{ ref('administrative_unit') }})
