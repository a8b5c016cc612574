-- The uses of a parcel in one row: what they add up to, which is the main one, how many codes are not valid.
select
    parcel_id,
    count(*) as n_uses,
    sum(area_m2) as use_area_m2,
    (array_agg(land_use_code order by is_main desc, area_m2 desc nulls last, seq, land_use_id))[1] as main_land_use_code,
    count(*) filter (where not is_code_valid) as n_invalid_codes
from {{ ref('int_land_use_checked') }}
group by parcel_id
