{{ config(
    materialized='table',
    indexes=[{'columns': ['source_code', 'epsg']}],
    post_hook='analyze {{ this }}',
) }}
-- The VN-2000 zones in which a parcel of a commune may be stated: those of the former provinces its ground belonged to
-- (dossiers keep the zone they were surveyed in) and the official one of its province of today.
with origin as (

    -- today's communes with each old unit they were made of, and the former province of that unit
    select
        change.old_code,
        change.new_code,
        old_unit.valid_from as old_valid_from,
        old_unit.valid_to as old_valid_to,
        new_unit.valid_from as new_valid_from,
        new_unit.parent_code as province_code,
        coalesce(district.parent_code, old_unit.parent_code) as former_province_code
    from {{ ref('int_administrative_unit_changed') }} as change
    inner join {{ ref('int_administrative_unit_listed') }} as old_unit
        on change.old_code = old_unit.unit_code and old_unit.valid_to = change.effective_on - 1
    inner join {{ ref('int_administrative_unit_listed') }} as new_unit
        on change.new_code = new_unit.unit_code and new_unit.valid_from = change.effective_on
    left join {{ ref('int_administrative_unit_listed') }} as district
        on
        old_unit.parent_code = district.unit_code
        and old_unit.valid_from = district.valid_from
        and district.unit_level = 'district'
    where new_unit.unit_level = 'commune'

),

axis as (

    select
        origin.*,
        former.epsg as former_epsg,
        former.central_meridian_deg as former_meridian_deg,
        official.epsg as official_epsg,
        official.central_meridian_deg as official_meridian_deg
    from origin
    left join {{ ref('former_province_meridians') }} as former
        on origin.former_province_code = former.former_province_code
        and {{ build_date() }} between former.valid_from and coalesce(former.valid_to, 'infinity'::date)
    left join {{ ref('province_meridians') }} as official
        on origin.province_code = official.province_code
        and {{ build_date() }} between official.valid_from and coalesce(official.valid_to, 'infinity'::date)

),

usual as (

    select
        era.source_code,
        era.valid_from,
        era.valid_to,
        zone.epsg,
        zone.central_meridian_deg,
        bool_or(zone.is_former) as is_former
    from axis
    cross join
        lateral (
            values
            (axis.old_code, axis.old_valid_from, axis.old_valid_to),
            (axis.new_code, axis.new_valid_from, 'infinity'::date)
        ) as era (source_code, valid_from, valid_to)
    cross join
        lateral (
            values
            (axis.former_epsg, axis.former_meridian_deg, true),
            (axis.official_epsg, axis.official_meridian_deg, false)
        ) as zone (epsg, central_meridian_deg, is_former)
    where zone.epsg is not null
    group by era.source_code, era.valid_from, era.valid_to, zone.epsg, zone.central_meridian_deg

),

ground as (

    -- how wide, in degrees, the ground is that the code may mean; null unless all of it is known
    select
        successor.source_code,
        successor.valid_from,
        case when count(*) = count(area.geom) then st_xmax(st_extent(area.geom)) - st_xmin(st_extent(area.geom)) end
            as width_deg
    from {{ ref('int_commune_successor') }} as successor
    left join {{ ref('int_commune_area') }} as area on successor.commune_code = area.commune_code
    group by successor.source_code, successor.valid_from

),

meridian as (

    select
        usual.*,
        ground.width_deg
    from usual
    left join ground on usual.source_code = ground.source_code and usual.valid_from = ground.valid_from

)

select
    source_code,
    valid_from,
    valid_to,
    epsg,
    is_former,
    count(*) filter (where is_former) over code = 1 and is_former as is_default,
    -- the same coordinates in another zone lie as far off as the meridians do: with ground narrower than that
    -- no place in it can be one of another usual zone
    count(*) over code = 1 or coalesce(
        least(
            central_meridian_deg - lag(central_meridian_deg) over ordered,
            lead(central_meridian_deg) over ordered - central_meridian_deg
        ) > width_deg,
        false
    ) as is_told_apart
from meridian
window
    code as (partition by source_code, valid_from),
    ordered as (partition by source_code, valid_from order by central_meridian_deg)
