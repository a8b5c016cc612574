{{ config(materialized='table') }}

with built as (

    select
        licence_key,
        corner_source,
        geom
    from {{ ref('int_licence_geometry_built') }}
    where is_geometry_valid

),

other as (

    select
        licence_key,
        'BOUNDARY'::text as other_source,
        geom
    from {{ ref('stg_mineral_cadastre__licence_boundary') }}
    where is_geometry_valid
    union all
    select
        licence_key,
        corner_source,
        geom
    from {{ ref('int_licence_geometry_drawn') }}
    where is_geometry_valid and corner_source = 'WORKBOOK'

),

-- what only one of the two covers, as a share of the licensed area
compared as (

    select
        built.licence_key,
        other.other_source,
        round((
            st_area(st_symdifference(built.geom, other.geom)::geography) / st_area(built.geom::geography)
        )::numeric, 6)::double precision as difference_share
    from built
    inner join other on built.licence_key = other.licence_key and built.corner_source <> other.other_source

)

select
    licence_key,
    max(difference_share) filter (where other_source = 'BOUNDARY') as boundary_difference_share,
    max(difference_share) filter (where other_source = 'WORKBOOK') as workbook_difference_share
from compared
group by licence_key
