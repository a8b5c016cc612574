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
        built.geom,
        other.other_source,
        other.geom as other_geom,
        {{ difference_share('built.geom', 'other.geom') }} as difference_share
    from built
    inner join other on built.licence_key = other.licence_key and built.corner_source <> other.other_source
    offset 0

),

-- Two outlines that differ, and agree once one of them is moved from WGS 84 to VN-2000: one lacks that step. Which one,
-- the outlines do not say: a polygon served without the step looks the same.
shifted as (

    select
        *,
        difference_share > {{ derivation_parameter('boundary_agreement_share') }} and least(
            {{ difference_share(to_vn2000_geographic('st_setsrid(geom, 4326)'), 'other_geom') }},
            {{ difference_share(to_vn2000_geographic('st_setsrid(other_geom, 4326)'), 'geom') }}
        ) <= {{ derivation_parameter('boundary_agreement_share') }} as is_datum_shift_missing
    from compared

)

select
    licence_key,
    max(difference_share) filter (where other_source = 'BOUNDARY') as boundary_difference_share,
    max(difference_share) filter (where other_source = 'WORKBOOK') as workbook_difference_share,
    bool_or(is_datum_shift_missing) as is_datum_shift_missing
from shifted
group by licence_key
