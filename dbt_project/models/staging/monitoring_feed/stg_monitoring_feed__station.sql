with source as (

    select * from {{ source('monitoring_feed', 'station') }} where _deleted_at is null

),

renamed as (

    select
        'monitoring_feed:' || trim(ma_tram) as station_key,
        trim(ma_tram) as station_id,
        {{ clean_name('ten_tram') }} as station_name,
        upper(trim(loai)) as source_medium,
        'environment_permits:' || co_so_id as facility_key,
        {{ clean_name('don_vi') }} as operator,
        {{ clean_name('ma_xa') }} as source_commune_code,
        ma_xa_tu_ngay as source_commune_valid_on,
        nullif(trim(x), '') is not null or nullif(trim(y), '') is not null as has_location_text,
        {{ vn_number('x') }} as northing_m,
        {{ vn_number('y') }} as easting_m,
        nullif(he_toa_do, 0) as source_srid,
        _change_no as change_no
    from source

)

select * from renamed
