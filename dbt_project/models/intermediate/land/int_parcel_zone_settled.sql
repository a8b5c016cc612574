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

{{ settled_zone('unstated', 'parcel_id') }}
