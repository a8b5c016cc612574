-- Each land use with whether its code is valid: in force on the day the use began, or in force today, because a use
-- that began earlier may have been classified again. A code of the older scheme only dies with that scheme.
with validity as (

    select
        land_use_code,
        bool_or(valid_to is null) as is_in_force,
        min(valid_from) as first_on,
        max(coalesce(valid_to, 'infinity'::date)) as last_on
    from {{ ref('land_use_type') }}
    group by land_use_code

)

select
    land_use.land_use_id,
    land_use.parcel_id,
    land_use.seq,
    land_use.land_use_code,
    land_use.area_m2,
    land_use.is_main,
    coalesce(
        validity.is_in_force or land_use.used_since_on between validity.first_on and validity.last_on,
        false
    ) as is_code_valid
from {{ ref('int_land_use_collected') }} as land_use
left join validity on land_use.land_use_code = validity.land_use_code
