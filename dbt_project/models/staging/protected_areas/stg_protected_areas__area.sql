with source as (

    select * from {{ source('protected_areas', 'area') }} where _deleted_at is null

),

renamed as (

    select
        'protected_areas:' || khu_id as protected_area_key,
        khu_id as area_id,
        {{ clean_name('ten_khu') }} as area_name,
        upper(trim(loai_khu)) as kind_code,
        {{ clean_name('so_quyet_dinh') }} as decision_text,
        ngay_quyet_dinh as valid_from,
        het_hieu_luc as valid_to,
        dien_tich_ha as stated_area_ha,
        coalesce(st_isvalid(geom) and not st_isempty(geom) and st_dimension(geom) = 2, false) as is_geometry_valid,
        case when st_dimension(geom) = 2 then st_multi({{ to_vn2000_geographic('geom') }}) end as geom,
        -- a polygon of which a ring does not close arrives as lines (connectors/sources/_open_rings.py)
        case when st_dimension(geom) = 1 then st_multi({{ to_vn2000_geographic('geom') }}) end as open_outline,
        geom as stated_geom,
        _change_no as change_no
    from source

)

select * from renamed
