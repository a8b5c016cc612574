-- parcels that lie where their coordinates say; the others cannot be held against what they happen to fall upon
select
    parcel_key,
    geom,
    main_land_use_code,
    row_hash as parcel_hash
from {{ ref('land_parcel') }}
where not is_geometry_empty
    and not axes_swapped
    and is_zone_usual is not false
    and is_datum_shift_missing is not true
    and coordinate_error is null
    and suggested_srid is null
    and geom is not null
