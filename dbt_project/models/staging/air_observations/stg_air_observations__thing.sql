with source as (

    select * from {{ source('air_observations', 'thing') }} where _deleted_at is null

),

renamed as (

    select
        'air_observations:' || trim(ma_tram) as station_key,
        trim(ma_tram) as station_id,
        thing_id,
        {{ clean_name('ten_tram') }} as station_name,
        upper(trim(loai)) as source_medium,
        {{ clean_name('don_vi') }} as operator,
        {{ clean_name('ma_xa') }} as source_commune_code,
        ma_xa_tu_ngay as source_commune_valid_on,
        {{ to_vn2000_geographic('geom') }} as location,
        geom is not null as has_location_text,
        _change_no as change_no
    from source

)

select * from renamed
