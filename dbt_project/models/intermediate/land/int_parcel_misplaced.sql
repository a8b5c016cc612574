{{ config(materialized='table') }}
-- The parcels whose place has to be looked at: outside the boundaries of the communes their code may mean, stated in a
-- zone that is not usual there, or on ground too wide to tell its usual zones apart. How far off each lies, which usual
-- zone would put it on the ground of its commune, and whether another one would as well.
with suspect as (

    select
        matched.parcel_id,
        parcel.source_commune_code,
        parcel.source_commune_valid_on,
        parcel.sheet_no,
        shape.placed_srid,
        shape.inner_point,
        {{ to_vn2000_geographic('st_setsrid(shape.inner_point, 4326)') }} as shifted_point,
        st_centroid(parcel.source_geom) as centre,
        zone.epsg is not null or coalesce(shape.placed_srid = 4756, true) as is_zone_usual
    from {{ ref('int_parcel_commune_matched') }} as matched
    inner join {{ ref('int_parcel_geometry_repaired') }} as shape on matched.parcel_id = shape.parcel_id
    inner join {{ ref('int_parcel_collected') }} as parcel on matched.parcel_id = parcel.parcel_id
    left join {{ ref('int_commune_zone') }} as zone
        on
        parcel.source_commune_code = zone.source_code
        and parcel.source_commune_valid_on between zone.valid_from and zone.valid_to
        and shape.placed_srid = zone.epsg
    where matched.n_candidates > 0 and (matched.n_inside = 0 or zone.is_told_apart is distinct from true)
    offset 0

),

{{ held_against_commune('suspect', 'parcel_id') }},

described as (

    select
        suspect.parcel_id,
        suspect.is_zone_usual,
        coalesce(held.is_inside, false) as is_inside,
        case when held.is_inside then 0 when held.is_ground_known then held.distance_m end as distance_to_commune_m,
        alternative.fitting_srid,
        suspect.is_zone_usual and not coalesce(alternative.is_possible, false) as is_zone_confirmed,
        coalesce(
            not held.is_inside and held.is_inside_when_shifted and held.is_boundary_known and held.distance_m <= 300,
            false
        ) as is_cured_by_shift,
        row(suspect.source_commune_code, suspect.sheet_no, suspect.placed_srid) as sheet
    from suspect
    inner join held_against as held on suspect.parcel_id = held.parcel_id
    left join alternative on suspect.parcel_id = alternative.parcel_id

)

select
    parcel_id,
    is_zone_usual,
    is_zone_confirmed,
    distance_to_commune_m,
    case when not is_zone_usual or distance_to_commune_m > 0 then fitting_srid end as suggested_srid,
    -- one parcel over the edge proves nothing; most of a map sheet over the same edge does
    is_cured_by_shift
    and count(*) filter (where is_cured_by_shift) over same_sheet
    >= {{ derivation_parameter('datum_shift_sheet_parcels') }}
    and count(*) filter (where is_cured_by_shift) over same_sheet
    >= {{ derivation_parameter('datum_shift_sheet_share') }} * count(*) filter (where not is_inside) over same_sheet
        as is_datum_shift_missing
from described
window same_sheet as (partition by sheet)
