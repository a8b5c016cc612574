with source as (

    select * from {{ source('mineral_cadastre', 'zone') }} where _deleted_at is null

),

renamed as (

    select
        'mineral_cadastre:' || khu_vuc_id as zone_key,
        khu_vuc_id as zone_id,
        upper(trim(loai)) as kind,
        {{ clean_name('ten') }} as zone_name,
        {{ clean_name('can_cu') }} as legal_basis,
        hieu_luc_tu as valid_from,
        hieu_luc_den as valid_to,
        coalesce(st_isvalid(geom) and not st_isempty(geom) and st_dimension(geom) = 2, false) as is_geometry_valid,
        case when st_dimension(geom) = 2 then st_multi({{ to_vn2000_geographic('geom') }}) end as geom,
        -- a polygon of which a ring does not close arrives as lines (connectors/sources/_open_rings.py)
        case when st_dimension(geom) = 1 then st_multi({{ to_vn2000_geographic('geom') }}) end as open_outline,
        geom as stated_geom,
        cap_nhat_luc as updated_at,
        _change_no as change_no
    from source

)

select * from renamed
