with source as (

    select * from {{ source('air_observations', 'observation') }} where _deleted_at is not null

),

renamed as (

    select
        observation_id,
        datastream_id,
        {{ local_time_text('observed_at') }} as time_text,
        _change_no as change_no
    from source

)

select * from renamed
