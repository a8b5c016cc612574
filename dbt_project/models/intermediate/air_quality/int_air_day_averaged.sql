{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['station_key', 'local_day'],
    on_schema_change='fail',
    pre_hook="{{ delete_vanished_air_days(ref('int_air_day_marked')) }}",
) }}

with wanted as (

    {{ changed_air_days(ref('int_air_day_marked')) }}

),

scale as (

    select distinct
        symbol,
        averaging
    from {{ ref('vn_aqi_breakpoint') }}

),

hour_of_day as (

    select
        screened.station_key,
        screened.parameter,
        screened.hour,
        screened.concentration,
        wanted.local_day,
        wanted.day_mark
    from {{ ref('int_air_hour_screened') }} as screened
    inner join wanted on screened.station_key = wanted.station_key and screened.local_day = wanted.local_day

),

-- the mean of an hour and the seven before it, which may lie in the day before
eight_hours as (

    select
        hour_of_day.station_key,
        hour_of_day.parameter,
        hour_of_day.hour,
        hour_of_day.local_day,
        hour_of_day.day_mark,
        case
            when count(former.concentration) >= 8 * {{ derivation_parameter('aqi_complete_share') }}
                then avg(former.concentration)
        end as concentration
    from hour_of_day
    inner join scale on hour_of_day.parameter = scale.symbol and scale.averaging = '8H'
    inner join {{ ref('int_air_hour_screened') }} as former
        on hour_of_day.station_key = former.station_key
        and hour_of_day.parameter = former.parameter
        and former.hour between hour_of_day.hour - interval '7 hours' and hour_of_day.hour
    group by 1, 2, 3, 4, 5

),

value as (

    select
        hour_of_day.*,
        scale.averaging
    from hour_of_day
    inner join scale on hour_of_day.parameter = scale.symbol and scale.averaging <> '8H'
    union all
    select
        station_key,
        parameter,
        hour,
        concentration,
        local_day,
        day_mark,
        '8H'
    from eight_hours

)

-- particulates by their mean over the day, all others by their largest value
select
    station_key,
    local_day,
    parameter,
    averaging,
    count(concentration)::integer as hours_used,
    case
        when count(concentration) < 24 * {{ derivation_parameter('aqi_complete_share') }} then null
        when averaging = '24H' then round(avg(concentration), 3)
        else round(max(concentration), 3)
    end as concentration,
    day_mark
from value
group by station_key, local_day, parameter, averaging, day_mark
