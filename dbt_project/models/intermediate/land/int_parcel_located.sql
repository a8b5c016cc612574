-- Where each parcel is: today's commune, how it was found, and how far off it lies. The distance is null where the
-- code means no commune on its date, or nothing is known of the ground of that commune.
select
    matched.parcel_id,
    matched.commune_code,
    matched.commune_method,
    matched.n_candidates > 0 as is_commune_code_valid_on_date,
    case when matched.n_inside > 0 then 0 else misplaced.distance_to_commune_m end as distance_to_commune_m,
    misplaced.suggested_srid,
    coalesce(misplaced.is_zone_usual, true) as is_zone_usual,
    coalesce(misplaced.is_zone_confirmed, true) as is_zone_confirmed,
    shape.is_datum_shift_missing or coalesce(misplaced.is_datum_shift_missing, false) as is_datum_shift_missing
from {{ ref('int_parcel_commune_matched') }} as matched
inner join {{ ref('int_parcel_geometry_repaired') }} as shape on matched.parcel_id = shape.parcel_id
left join {{ ref('int_parcel_misplaced') }} as misplaced on matched.parcel_id = misplaced.parcel_id
