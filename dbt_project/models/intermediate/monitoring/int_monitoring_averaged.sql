{{ config(materialized='table') }}
-- Only of what has a limit: the mean of each hour, of each eight hours that end with it, of each local day and year.
with judged as (

    select distinct
        limits.medium,
        limits.symbol,
        limits.unit
    from {{ ref('limit_value') }} as limits
    inner join {{ ref('limit_averaging') }} as mean
        on limits.medium = mean.medium and limits.averaging = mean.averaging
    where limits.is_confirmed

),

sound as (

    select
        hourly.station_key,
        station.medium,
        hourly.parameter,
        hourly.unit,
        hourly.hour,
        (hourly.hour at time zone 'Asia/Ho_Chi_Minh')::date as local_day,
        make_date(extract(year from hourly.hour at time zone 'Asia/Ho_Chi_Minh')::integer, 12, 31) as last_day,
        {{ sound_mean('hourly') }} as mean
    from {{ ref('monitoring_hourly') }} as hourly
    inner join {{ ref('monitoring_station') }} as station on hourly.station_key = station.station_key
    inner join judged
        on station.medium = judged.medium and hourly.parameter = judged.symbol and hourly.unit = judged.unit

),

rolled as (

    select
        sound.*,
        avg(mean) over eight as mean_8h,
        count(mean) over eight as hours_8h
    from sound
    window
        eight as (
            partition by station_key, parameter order by hour range between interval '7 hours' preceding and current row
        )

),

averaged as (

    select
        station_key,
        medium,
        parameter,
        unit,
        local_day,
        1 as mean_hours,
        mean as value
    from rolled
    union all
    select
        station_key,
        medium,
        parameter,
        unit,
        local_day,
        8,
        case when hours_8h >= 8 * {{ derivation_parameter('aqi_complete_share') }} then mean_8h end
    from rolled
    union all
    select
        station_key,
        medium,
        parameter,
        unit,
        local_day,
        24,
        case when count(mean) >= 24 * {{ derivation_parameter('aqi_complete_share') }} then avg(mean) end
    from rolled
    group by station_key, medium, parameter, unit, local_day
    union all
    -- of a calendar year, on its last day: the sound hours, when the year is over and enough of its hours are known
    select
        station_key,
        medium,
        parameter,
        unit,
        last_day,
        8760,
        case
            when last_day < {{ build_date() }}
                and count(mean) >= {{ derivation_parameter('complete_year_share') }} * 24
                * extract(doy from last_day)
                then avg(mean)
        end
    from sound
    group by station_key, medium, parameter, unit, last_day

)

select
    station_key,
    medium,
    parameter,
    unit,
    local_day,
    mean_hours,
    value::numeric(18, 6) as mean
from averaged
