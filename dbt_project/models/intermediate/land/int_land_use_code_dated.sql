-- Each land-use code once, over all schemes: whether it is in force, its scheme of today or its last one, its first and
-- last day.
select
    land_use_code,
    bool_or(valid_to is null) as is_in_force,
    (array_agg(scheme order by coalesce(valid_to, 'infinity'::date) desc, valid_from desc))[1] as scheme,
    min(valid_from) as first_on,
    max(coalesce(valid_to, 'infinity'::date)) as last_on
from {{ ref('land_use_type') }}
group by land_use_code
