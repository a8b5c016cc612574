with source as (

    select * from {{ source('mineral_cadastre', 'licence_boundary') }} where _deleted_at is null

),

renamed as (

    select
        'mineral_cadastre:' || giay_phep_id as licence_key,
        coalesce(st_isvalid(geom) and not st_isempty(geom) and st_dimension(geom) = 2, false) as is_geometry_valid,
        case when st_dimension(geom) = 2 then st_multi({{ to_vn2000_geographic('geom') }}) end as geom,
        -- a polygon of which a ring does not close arrives as lines (connectors/sources/_open_rings.py)
        coalesce(st_dimension(geom) = 1, false) as has_open_ring,
        _change_no as change_no
    from source

)

select * from renamed
