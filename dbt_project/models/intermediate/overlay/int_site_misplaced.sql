{{ config(materialized='table') }}
-- What the ground of its commune says about the zone of a licence, facility or station. One place near the edge proves no
-- missing datum shift, so that it is called possible and no more; far from the edge nothing can be said. A station and its
-- facility that come together by that shift alone, within metres, prove it: without it they lie some 225 m apart.
with placed as (

    select
        licence.licence_key as site_key,
        licence.source_commune_code,
        licence.source_commune_valid_on,
        built.placed_srid,
        case when built.is_geometry_valid then st_centroid(built.geom) end as inner_point,
        built.source_centre as centre
    from {{ ref('int_licence_geometry_built') }} as built
    inner join {{ ref('stg_mineral_cadastre__licence') }} as licence on built.licence_key = licence.licence_key
    union all
    select
        facility_key,
        source_commune_code,
        source_commune_valid_on,
        placed_srid,
        location,
        case when coordinate_error is null then stated_location end
    from {{ ref('int_facility_located') }}
    union all
    select
        station_key,
        source_commune_code,
        source_commune_valid_on,
        placed_srid,
        location,
        case when coordinate_error is null then stated_location end
    from {{ ref('int_station_located') }}

),

suspect as (

    select
        placed.site_key,
        placed.source_commune_code,
        placed.source_commune_valid_on,
        placed.placed_srid,
        placed.inner_point,
        placed.centre,
        {{ to_vn2000_geographic('st_setsrid(placed.inner_point, 4326)') }} as shifted_point,
        -- degrees have no zone that could be wrong; of a code that meant no commune on its day none is usual or unusual
        zone.epsg is not null or coalesce(placed.placed_srid in (4326, 4756), true) or not exists (
            select 1 from {{ ref('int_commune_zone') }} as any_zone
            where
                any_zone.source_code = placed.source_commune_code
                and placed.source_commune_valid_on between any_zone.valid_from and any_zone.valid_to
        ) as is_zone_usual
    from placed
    left join {{ ref('int_commune_zone') }} as zone
        on
        placed.source_commune_code = zone.source_code
        and placed.source_commune_valid_on between zone.valid_from and zone.valid_to
        and placed.placed_srid = zone.epsg
    offset 0

),

{{ held_against_commune('suspect', 'site_key') }},

-- a station is registered where its facility is; two equal places, right or wrong, show nothing
pair as (

    select
        station.station_key,
        facility.facility_key,
        station.location::geography as station_place,
        facility.location::geography as facility_place,
        {{ to_vn2000_geographic('st_setsrid(station.location, 4326)') }}::geography as station_shifted,
        {{ to_vn2000_geographic('st_setsrid(facility.location, 4326)') }}::geography as facility_shifted,
        {{ derivation_parameter('datum_shift_match_m') }} as match_m
    from {{ ref('int_station_located') }} as station
    inner join {{ ref('int_facility_located') }} as facility on station.facility_key = facility.facility_key
    offset 0

),

unshifted as (

    select station_key as site_key
    from pair
    where st_dwithin(station_shifted, facility_place, match_m)
    union
    select facility_key
    from pair
    where st_dwithin(facility_shifted, station_place, match_m)

)

select
    suspect.site_key,
    suspect.is_zone_usual,
    case when suspect.inner_point is not null then
            suspect.is_zone_usual and not coalesce(alternative.is_possible, false)
    end as is_zone_confirmed,
    case when not suspect.is_zone_usual or held.distance_m > 0 then alternative.fitting_srid end as suggested_srid,
    unshifted.site_key is not null as is_datum_shift_missing,
    coalesce(
        not held.is_inside and held.is_inside_when_shifted and held.is_boundary_known and held.distance_m <= 300,
        false
    ) as is_datum_shift_possible
from suspect
left join held_against as held on suspect.site_key = held.site_key
left join alternative on suspect.site_key = alternative.site_key
left join unshifted on suspect.site_key = unshifted.site_key
