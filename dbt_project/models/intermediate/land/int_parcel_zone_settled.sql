-- The zone of each parcel whose register states none (0): that of its former province where it puts the parcel on the
-- ground of its commune, else the only usual zone that does. Where none or several do, there is no zone and no place.
with unstated as (

    select
        parcel_id,
        source_commune_code,
        source_commune_valid_on,
        st_centroid(source_geom) as centre
    from {{ ref('int_parcel_collected') }}
    where source_srid is null

),

tried as (

    select
        unstated.parcel_id,
        zone.epsg,
        zone.is_default,
        bool_or(st_intersects(
            area.geom, {{ to_vn2000_geographic('st_setsrid(unstated.centre, zone.epsg)') }}
        )) as is_inside
    from unstated
    inner join {{ ref('int_commune_zone') }} as zone
        on
        unstated.source_commune_code = zone.source_code
        and unstated.source_commune_valid_on between zone.valid_from and zone.valid_to
    inner join {{ ref('int_commune_successor') }} as successor
        on
        unstated.source_commune_code = successor.source_code
        and unstated.source_commune_valid_on between successor.valid_from and successor.valid_to
    inner join {{ ref('int_commune_area') }} as area on successor.commune_code = area.commune_code
    group by unstated.parcel_id, zone.epsg, zone.is_default

)

select
    parcel_id,
    case
        when bool_or(is_default and is_inside) then min(epsg) filter (where is_default)
        when count(*) filter (where is_inside) = 1 then min(epsg) filter (where is_inside)
    end as placed_srid,
    case
        when bool_or(is_default and is_inside) then 'FORMER_PROVINCE'
        when count(*) filter (where is_inside) = 1 then 'INFERRED'
    end as source_srid_basis
from tried
group by parcel_id
