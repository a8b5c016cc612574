-- Where each parcel is: today's commune, how it was found, and how far off it lies. The distance is null where the
-- code means no commune on its date, or no boundary of that commune is published.
select
    matched.parcel_id,
    matched.commune_code,
    matched.commune_method,
    matched.n_candidates > 0 as is_commune_code_valid_on_date,
    case when matched.n_inside > 0 then 0 else misplaced.distance_to_commune_m end as distance_to_commune_m,
    misplaced.suggested_srid
from {{ ref('int_parcel_commune_matched') }} as matched
left join {{ ref('int_parcel_misplaced') }} as misplaced on matched.parcel_id = misplaced.parcel_id
