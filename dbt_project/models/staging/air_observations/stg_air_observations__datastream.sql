with source as (

    select * from {{ source('air_observations', 'datastream') }} where _deleted_at is null

),

renamed as (

    select
        datastream_id,
        thing_id,
        trim(parameter) as symbol,
        coalesce(nullif(trim(unit), ''), '-') as unit_text,
        averaging as averaging_text,
        -- ISO 8601, as far as it can be an hour or a part of one
        case
            when averaging ~ '^PT[0-9]{1,2}M$' then substring(averaging from '[0-9]+')::integer
            when averaging = 'PT1H' then 60
        end as averaging_minutes,
        _change_no as change_no
    from source

)

select * from renamed
