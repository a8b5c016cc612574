with source as (

    select * from {{ source('mineral_cadastre', 'licence_corner') }} where _deleted_at is null

),

renamed as (

    select
        'mineral_cadastre:' || giay_phep_id as licence_key,
        khoi as block_no,
        thu_tu as seq,
        trim(ten_diem) as label,
        x as northing_text,
        y as easting_text,
        {{ vn_number('x') }} as northing_m,
        {{ vn_number('y') }} as easting_m,
        nullif(he_toa_do, 0) as source_srid,
        _change_no as change_no
    from source

)

select * from renamed
