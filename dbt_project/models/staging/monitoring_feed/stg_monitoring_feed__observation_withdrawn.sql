with source as (

    select * from {{ source('monitoring_feed', 'observation') }} where _deleted_at is not null

),

renamed as (

    select
        file_name,
        line_no,
        {{ station_of_file('file_name') }} as station_key,
        left(thoi_gian, 10) as local_hour_text,
        _change_no as change_no
    from source

)

select * from renamed
