{{ config(materialized='table') }}

with live as (

    select
        licence.licence_key,
        licence.licence_type,
        lower(licence.minerals::text)::text[] as minerals,
        built.geom
    from {{ ref('stg_mineral_cadastre__licence') }} as licence
    inner join {{ ref('int_licence_geometry_built') }} as built on licence.licence_key = built.licence_key
    inner join {{ ref('int_licence_status_derived') }} as derived on licence.licence_key = derived.licence_key
    -- a licence that is known not to lie where it says accuses no other
    inner join {{ ref('int_site_misplaced') }} as misplaced
        on licence.licence_key = misplaced.site_key and misplaced.is_zone_usual and misplaced.suggested_srid is null
    where licence.licence_type in ('EXPL', 'MINE', 'SALV', 'G4') and derived.status = 'IN_FORCE' and built.is_geometry_valid

),

barring as (

    select zone.geom
    from {{ ref('mineral_zone') }} as zone
    inner join {{ ref('mineral_zone_bar') }} as listed on zone.kind = listed.kind
    where zone.status = 'IN_FORCE'
        and zone.is_geometry_valid
        and listed.valid_from <= {{ build_date() }}
        and (listed.valid_to is null or listed.valid_to >= {{ build_date() }})

),

overlap as (

    select
        live.licence_key,
        st_area(st_intersection(live.geom, other.geom)::geography) as same_mineral_m2,
        null::double precision as barring_zone_m2
    from live
    inner join live as other
        on st_intersects(live.geom, other.geom)
        and live.minerals && other.minerals
        and live.licence_key <> other.licence_key
    where live.licence_type = 'MINE' and other.licence_type = 'MINE'
    union all
    select
        live.licence_key,
        null,
        st_area(st_intersection(live.geom, barring.geom)::geography)
    from live
    inner join barring on st_intersects(live.geom, barring.geom)

)

select
    licence_key,
    round(max(same_mineral_m2)::numeric, 1) as overlap_same_mineral_m2,
    round(max(barring_zone_m2)::numeric, 1) as overlap_barring_zone_m2
from overlap
group by licence_key
