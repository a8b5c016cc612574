with zone as (

    select * from {{ ref('stg_mineral_cadastre__zone') }}

),

known_kind as (

    select kind from {{ ref('mineral_zone_kind') }}
    where valid_from <= {{ build_date() }} and (valid_to is null or valid_to >= {{ build_date() }})

),

described as (

    select
        zone.zone_key,
        'mineral_cadastre'::text as source_system,
        zone.kind,
        zone.zone_name as name,
        zone.legal_basis,
        zone.valid_from,
        zone.valid_to,
        case
            when zone.valid_from is null or zone.valid_to < zone.valid_from then 'UNKNOWN'
            when zone.valid_from > {{ build_date() }} then 'NOT_YET'
            when zone.valid_to < {{ build_date() }} then 'EXPIRED'
            else 'IN_FORCE'
        end as status,
        zone.geom::geometry (multipolygon, 4756) as geom,
        known_kind.kind is not null as is_kind_known,
        zone.is_geometry_valid,
        zone.open_outline::geometry (multilinestring, 4756) as open_outline,
        placed.outside_register_share,
        placed.is_within_register,
        placed.are_axes_swapped,
        placed.possible_place::geometry (geometry, 4756) as possible_place,
        zone.change_no
    from zone
    left join known_kind on zone.kind = known_kind.kind
    left join {{ ref('int_zone_misplaced') }} as placed
        on zone.zone_key = placed.record_key and placed.dataset = 'mineral_zone'

)

select
    described.*,
    {{ row_hash([
        'zone_key', 'source_system', 'kind', 'name', 'legal_basis', 'valid_from', 'valid_to', 'status', 'geom',
    ]) }} as row_hash
from described
