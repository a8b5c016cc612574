{{ config(materialized='table') }}

with boundary as (

    select
        code,
        geom
    from {{ ref('administrative_unit') }}
    where level = 'commune' and valid_to is null

),

-- of a commune that was divided, all parts together; nothing is said where the boundary of one is not published
stated as (

    select
        licence.licence_key,
        st_union(boundary.geom) as ground
    from {{ ref('stg_mineral_cadastre__licence') }} as licence
    inner join {{ ref('int_commune_successor') }} as successor
        on licence.source_commune_code = successor.source_code
        and licence.source_commune_valid_on between successor.valid_from and successor.valid_to
    left join boundary on successor.commune_code = boundary.code
    group by licence.licence_key
    having bool_and(boundary.geom is not null)

)

select
    built.licence_key,
    round((
        1 - st_area(st_intersection(built.geom, stated.ground)::geography) / st_area(built.geom::geography)
    )::numeric, 4)::double precision as outside_commune_share
from {{ ref('int_licence_geometry_built') }} as built
inner join stated on built.licence_key = stated.licence_key
where built.is_geometry_valid
