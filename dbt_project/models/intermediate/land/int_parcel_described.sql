-- Everything known of each parcel, put together from its own row and from what others say about it.
with open_dispute as (

    select
        parcel_id,
        count(*) as n_open_disputes
    from {{ ref('stg_land_registry__dispute') }}
    where is_open
    group by parcel_id

),

tolerance as (

    select
        {{ derivation_parameter('area_tolerance_share') }} as share,
        {{ derivation_parameter('area_tolerance_m2') }} as least_m2,
        {{ derivation_parameter('commune_edge_m') }} as commune_edge_m

)

select
    parcel.parcel_key,
    parcel.source_system,
    parcel.parcel_id,
    parcel.registry_office_code,
    parcel.parcel_uid,
    located.commune_code,
    located.commune_method,
    parcel.source_commune_code,
    parcel.source_commune_valid_on,
    parcel.sheet_no,
    parcel.parcel_no,
    parcel.former_sheet_no,
    parcel.former_parcel_no,
    parcel.survey_area_m2,
    parcel.legal_area_m2,
    round(shape.computed_area_m2::numeric, 2) as computed_area_m2,
    counted.main_land_use_code,
    parcel.is_occupying_object,
    parcel.is_disputed,
    parcel.parent_parcel_key,
    parcel.source_srid,
    shape.placed_srid,
    shape.source_srid_basis,
    located.is_zone_confirmed,
    shape.geometry_repaired,
    parcel.registered_on as valid_from,
    null::date as valid_to,
    shape.area_change_share,
    greatest(tolerance.share * parcel.survey_area_m2, tolerance.least_m2) as area_tolerance_m2,
    shape.is_geometry_empty,
    shape.has_open_ring,
    shape.smallest_hole_m2,
    shape.coordinate_error,
    shape.axes_swapped,
    shape.agrees_with_parcel_uid,
    located.is_commune_code_valid_on_date,
    located.distance_to_commune_m,
    tolerance.commune_edge_m,
    located.suggested_srid,
    located.is_zone_usual,
    located.is_datum_shift_missing,
    overlapped.overlap_area_m2,
    overlapped.overlap_ids as overlap_parcel_ids,
    counted.n_same_number,
    counted.n_same_uid,
    counted.n_uses,
    counted.use_area_m2,
    counted.n_invalid_codes,
    counted.area_in_medians,
    coalesce(open_dispute.n_open_disputes, 0) as n_open_disputes,
    shape.geom_hash
from {{ ref('int_parcel_collected') }} as parcel
inner join {{ ref('int_parcel_geometry_repaired') }} as shape on parcel.parcel_id = shape.parcel_id
inner join {{ ref('int_parcel_located') }} as located on parcel.parcel_id = located.parcel_id
inner join {{ ref('int_parcel_overlapped') }} as overlapped on parcel.parcel_id = overlapped.parcel_id
inner join {{ ref('int_parcel_counted') }} as counted on parcel.parcel_id = counted.parcel_id
cross join tolerance
left join open_dispute on parcel.parcel_id = open_dispute.parcel_id
