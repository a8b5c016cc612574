-- The land uses of all land systems in one shape.
select
    land_use_id,
    parcel_id,
    'land_registry:' || parcel_id as parcel_key,
    'land_registry'::text as source_system,
    registry_office_code,
    seq,
    land_use_code,
    planned_use_code,
    area_m2,
    used_since_on,
    term_until,
    is_main,
    change_no
from {{ ref('stg_land_registry__land_use') }}
union all
select
    land_use_id,
    parcel_id,
    parcel_key,
    source_system,
    registry_office_code,
    seq,
    land_use_code,
    null::text,
    area_m2,
    null::date,
    null::date,
    is_main,
    change_no
from {{ ref('int_land_use_parsed') }}
