{{ config(materialized='table') }}
-- The zone of each facility, station and corner table that states none (0 or nothing), as for parcels: that of the former
-- province where it puts the middle on the ground of the stated commune, else the only usual zone that does.
with unstated as (

    select
        facility_key as site_id,
        source_commune_code,
        source_commune_valid_on,
        st_makepoint(easting_m::double precision, northing_m::double precision) as centre
    from {{ ref('stg_environment_permits__facility') }}
    where source_srid is null
    union all
    select
        station_key,
        source_commune_code,
        source_commune_valid_on,
        st_makepoint(easting_m::double precision, northing_m::double precision)
    from {{ ref('stg_monitoring_feed__station') }}
    where source_srid is null
    union all
    select
        corner.table_id,
        licence.source_commune_code,
        licence.source_commune_valid_on,
        st_makepoint(avg(corner.easting_m)::double precision, avg(corner.northing_m)::double precision)
    from {{ ref('int_licence_corner_collected') }} as corner
    inner join {{ ref('stg_mineral_cadastre__licence') }} as licence on corner.licence_key = licence.licence_key
    group by corner.table_id, licence.source_commune_code, licence.source_commune_valid_on
    having count(corner.source_srid) = 0

),

{{ settled_zone('unstated', 'site_id') }}
