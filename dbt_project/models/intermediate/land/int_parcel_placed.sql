-- The parcels whose shape may be compared with their neighbours': placed_hash is null for one that is known not to
-- lie where its coordinates say, because it cannot be held against the parcels it falls upon.
select
    shape.parcel_id,
    case
        when
            not shape.is_geometry_empty
            and shape.coordinate_error is null
            and shape.area_change_share < 0.000001
            and located.suggested_srid is null
            and located.is_zone_usual
            and not located.is_datum_shift_missing
            then shape.geom_hash
    end as placed_hash
from {{ ref('int_parcel_geometry_repaired') }} as shape
inner join {{ ref('int_parcel_located') }} as located on shape.parcel_id = located.parcel_id
