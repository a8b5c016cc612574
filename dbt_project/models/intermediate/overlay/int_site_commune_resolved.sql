{{ config(materialized='table') }}

with site as (

    select
        licence_key as site_key,
        source_commune_code,
        source_commune_valid_on,
        st_centroid(geom) as location
    from {{ ref('stg_mineral_cadastre__licence') }}
    inner join {{ ref('int_licence_geometry_built') }} using (licence_key)
    where is_geometry_valid
    union all
    select
        facility_key,
        source_commune_code,
        source_commune_valid_on,
        location
    from {{ ref('int_facility_located') }}
    union all
    select
        station_key,
        source_commune_code,
        source_commune_valid_on,
        location
    from {{ ref('int_station_located') }}

),

measured as (

    select
        site.site_key,
        successor.commune_code,
        successor.n_candidates,
        {{ distance_to_ground('area.geom', 'site.location') }} as distance_m
    from site
    inner join {{ ref('int_commune_successor') }} as successor
        on site.source_commune_code = successor.source_code
        and site.source_commune_valid_on between successor.valid_from and successor.valid_to
    left join {{ ref('int_commune_area') }} as area on successor.commune_code = area.commune_code

)

-- without a location, a commune that was divided has no successor that is more right than the others
select distinct on (site_key)
    site_key,
    case when n_candidates = 1 or distance_m is not null then commune_code end as commune_code,
    distance_m as distance_to_commune_m
from measured
order by site_key, distance_m asc nulls last, commune_code
