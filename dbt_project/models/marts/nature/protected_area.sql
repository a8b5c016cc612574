with area as (

    select * from {{ ref('stg_protected_areas__area') }}

),

known_kind as (

    select
        kind_code,
        kind
    from {{ ref('protected_area_kind') }}
    where valid_from <= {{ build_date() }} and (valid_to is null or valid_to >= {{ build_date() }})

),

described as (

    select
        area.protected_area_key,
        'protected_areas'::text as source_system,
        area.area_name as name,
        coalesce(known_kind.kind, area.kind_code) as kind,
        area.decision_text,
        area.valid_from,
        area.valid_to,
        case
            when area.valid_from is null or area.valid_to < area.valid_from then 'UNKNOWN'
            when area.valid_from > {{ build_date() }} then 'NOT_YET'
            when area.valid_to < {{ build_date() }} then 'EXPIRED'
            else 'IN_FORCE'
        end as status,
        area.stated_area_ha,
        case
            when area.is_geometry_valid then st_area(area.geom::geography) / 10000
        end::numeric(14, 4) as computed_area_ha,
        area.geom::geometry (multipolygon, 4756) as geom,
        known_kind.kind is not null as is_kind_known,
        area.is_geometry_valid,
        area.open_outline::geometry (multilinestring, 4756) as open_outline,
        placed.outside_register_share,
        placed.is_within_register,
        placed.are_axes_swapped,
        placed.suggested_srid,
        placed.possible_place::geometry (geometry, 4756) as possible_place,
        area.change_no
    from area
    left join known_kind on area.kind_code = known_kind.kind_code
    left join {{ ref('int_zone_misplaced') }} as placed
        on area.protected_area_key = placed.record_key and placed.dataset = 'protected_area'

)

select
    described.*,
    {{ row_hash([
        'protected_area_key', 'source_system', 'name', 'kind', 'decision_text', 'valid_from', 'valid_to', 'status',
        'stated_area_ha', 'computed_area_ha', 'geom',
    ]) }} as row_hash
from described
