with thing as (

    select
        ma_tram,
        thing_id,
        _change_no
    from {{ source('air_observations', 'thing') }}

),

datastream as (

    select
        thing_id,
        max(_change_no) as change_no
    from {{ source('air_observations', 'datastream') }}
    group by thing_id

),

-- also of what is no longer there: a datastream that was taken away changes what its station is
renamed as (

    select
        'air_observations:' || trim(thing.ma_tram) as station_key,
        greatest(thing._change_no, datastream.change_no) as change_no
    from thing
    left join datastream on thing.thing_id = datastream.thing_id

)

select * from renamed
