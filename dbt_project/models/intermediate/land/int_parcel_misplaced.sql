{{ config(materialized='table') }}
-- The parcels that lie in none of the communes their code may mean: how far off, and which VN-2000 zone, of those
-- met in that province, would put them there.
select
    matched.parcel_id,
    min(st_distance(unit.geom::geography, shape.inner_point::geography)) as distance_to_commune_m,
    min(meridian.epsg) filter (where st_intersects(
        unit.geom,
        {{ to_vn2000_geographic('st_setsrid(st_centroid(parcel.source_geom), meridian.epsg)') }}
    )) as suggested_srid
from {{ ref('int_parcel_commune_matched') }} as matched
inner join {{ ref('int_parcel_geometry_repaired') }} as shape on matched.parcel_id = shape.parcel_id
inner join {{ ref('stg_land_registry__parcel') }} as parcel on matched.parcel_id = parcel.parcel_id
inner join {{ ref('int_commune_successor') }} as successor
    on
    parcel.source_commune_code = successor.source_code
    and parcel.source_commune_valid_on between successor.valid_from and successor.valid_to
inner join {{ ref('int_administrative_unit_listed') }} as unit
    on successor.commune_code = unit.unit_code and unit.valid_to is null and unit.geom is not null
left join {{ ref('province_meridians') }} as meridian
    on unit.parent_code = meridian.province_code and parcel.source_srid <> meridian.epsg
where matched.n_inside = 0
group by matched.parcel_id
