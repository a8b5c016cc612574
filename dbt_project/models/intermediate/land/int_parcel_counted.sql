{{ config(
    materialized='table',
    pre_hook='set local enable_mergejoin = off',
    post_hook='analyze {{ this }}',
) }}
-- (Without merge joins: the planner expects many repeated numbers and would sort all parcels for them.)
-- What can only be said of a parcel by looking at all parcels: how many bear its number, how large its kind is.
with parcel as (

    select
        parcel.parcel_id,
        parcel.parcel_uid,
        parcel.source_commune_code,
        parcel.sheet_no,
        parcel.parcel_no,
        parcel.survey_area_m2,
        era.era,
        land_use.main_land_use_code,
        coalesce(land_use.n_uses, 0) as n_uses,
        coalesce(land_use.use_area_m2, 0) as use_area_m2,
        coalesce(land_use.n_invalid_codes, 0) as n_invalid_codes
    from {{ ref('int_parcel_collected') }} as parcel
    left join {{ ref('administrative_era') }} as era
        on parcel.source_commune_valid_on between era.valid_from and coalesce(era.valid_to, 'infinity'::date)
    left join {{ ref('int_parcel_use_summarised') }} as land_use on parcel.parcel_id = land_use.parcel_id

),

-- of a land use in a commune as recorded, and of the land use everywhere: one pass for both
median as materialized (

    select
        main_land_use_code,
        source_commune_code,
        era,
        grouping(source_commune_code) = 1 as is_of_all,
        percentile_disc(0.5) within group (order by survey_area_m2) as median_area_m2
    from parcel
    group by grouping sets ((main_land_use_code, source_commune_code, era), (main_land_use_code))
    having grouping(source_commune_code) = 1 or count(*) >= {{ derivation_parameter('median_fewest_parcels') }}

),

repeated as (

    select
        source_commune_code,
        era,
        sheet_no,
        parcel_no,
        count(*) as n_parcels
    from parcel
    group by source_commune_code, era, sheet_no, parcel_no
    having count(*) > 1

),

-- an identifier stays with its parcel when that ends, so that the retired count as well
assigned as (

    select parcel_uid
    from parcel
    where parcel_uid is not null
    union all
    select parcel_uid
    from {{ ref('stg_land_registry__parcel_retired') }}
    where parcel_uid is not null

),

repeated_uid as (

    select
        parcel_uid,
        count(*) as n_parcels
    from assigned
    group by parcel_uid
    having count(*) > 1

)

select
    parcel.parcel_id,
    parcel.main_land_use_code,
    parcel.n_uses,
    parcel.use_area_m2,
    parcel.n_invalid_codes,
    coalesce(repeated.n_parcels, 1) as n_same_number,
    coalesce(repeated_uid.n_parcels, 1) as n_same_uid,
    -- in whole medians, rounded up: the fact of a parcel does not change with every other parcel
    ceil(
        parcel.survey_area_m2 / nullif(coalesce(in_commune.median_area_m2, of_all.median_area_m2), 0)
    )::integer as area_in_medians
from parcel
-- a missing part of a number counts as equal; said by coalesce, because only an equality can be hashed
left join median as of_all
    on of_all.is_of_all and coalesce(parcel.main_land_use_code, '') = coalesce(of_all.main_land_use_code, '')
left join median as in_commune
    on
    not in_commune.is_of_all
    and coalesce(parcel.main_land_use_code, '') = coalesce(in_commune.main_land_use_code, '')
    and parcel.source_commune_code = in_commune.source_commune_code
    and coalesce(parcel.era, '') = coalesce(in_commune.era, '')
left join repeated_uid on parcel.parcel_uid = repeated_uid.parcel_uid
left join repeated
    on
    parcel.source_commune_code = repeated.source_commune_code
    and coalesce(parcel.era, '') = coalesce(repeated.era, '')
    and coalesce(parcel.sheet_no, '') = coalesce(repeated.sheet_no, '')
    and coalesce(parcel.parcel_no, '') = coalesce(repeated.parcel_no, '')
