with source as (

    select * from {{ source('air_observations', 'observation') }} where _deleted_at is null

),

renamed as (

    select
        observation_id,
        datastream_id,
        observed_at,
        {{ local_time_text('observed_at') }} as time_text,
        {{ local_time_text('coalesce(result_at, observed_at)') }} collate "C" as result_time_text,
        result::numeric as value,
        -- what does not say that it was measured is not taken for measured
        coalesce(nullif(trim(status), ''), '-') as status,
        _loaded_at as loaded_at,
        _change_no as change_no
    from source

)

select * from renamed
