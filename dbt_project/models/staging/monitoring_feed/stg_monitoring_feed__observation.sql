with source as (

    select * from {{ source('monitoring_feed', 'observation') }} where _deleted_at is null

),

renamed as (

    select
        file_name,
        line_no,
        {{ station_of_file('file_name') }} as station_key,
        trim(ky_hieu) as symbol,
        gia_tri as value_text,
        {{ feed_number('gia_tri') }} as value,
        coalesce(nullif(trim(don_vi), ''), '-') as unit_text,
        thoi_gian as time_text,
        -- cheap and nearly right, for a million lines; the hour itself is checked once per hour
        thoi_gian ~ '^20[0-9]{12}$' and substr(thoi_gian, 11, 2) < '60' and substr(thoi_gian, 13, 2) < '60'
            as is_time_plausible,
        left(thoi_gian, 10) as local_hour_text,
        {{ local_timestamp('thoi_gian') }} as observed_at,
        trim(trang_thai) as status,
        is_behind,
        run_length,
        -- the time that the name of the file states, as text; whether it is one is looked at where it matters
        left(right(file_name, 18), 14) collate "C" as file_time_text,
        _loaded_at as loaded_at,
        _change_no as change_no
    from source

)

select * from renamed
