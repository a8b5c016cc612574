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

screened as (

    select * from {{ ref('int_air_hour_screened') }}

),

-- an hour with any pollutant gets a NowCast of every particulate the station has, its own value of that hour or not
particulate as (

    select distinct
        station_key,
        parameter
    from screened
    where averaging = '24H'

),

hour_of_day as (

    select distinct
        screened.station_key,
        screened.hour,
        screened.local_day,
        wanted.day_mark
    from screened
    inner join wanted on screened.station_key = wanted.station_key and screened.local_day = wanted.local_day

),

weighed as (

    select
        hour_of_day.*,
        particulate.parameter,
        former.concentration::double precision as concentration,
        (extract(epoch from hour_of_day.hour - former.hour) / 3600)::integer as age_h,
        -- w = max(1/2, Cmin / Cmax); twelve zeros are as even as can be
        greatest(coalesce(
            (min(former.concentration) over twelve / nullif(max(former.concentration) over twelve, 0)), 1
        ), 0.5)::double precision as weight
    from hour_of_day
    inner join particulate on hour_of_day.station_key = particulate.station_key
    left join screened as former
        on hour_of_day.station_key = former.station_key
        and particulate.parameter = former.parameter
        and former.hour between hour_of_day.hour - interval '11 hours' and hour_of_day.hour
        and former.concentration is not null
    window twelve as (partition by hour_of_day.station_key, particulate.parameter, hour_of_day.hour)

),

nowcast as (

    select
        station_key,
        parameter,
        hour,
        local_day,
        day_mark,
        count(concentration)::integer as hours_used,
        weight = 0.5 and count(concentration) < 12 as is_biased_low,
        case
            when count(concentration) filter (where age_h <= 2) < 2 then null
            when weight > 0.5 then sum(power(weight, age_h) * concentration) / sum(power(weight, age_h))
            -- written without a divisor: an hour that is missing lowers it, which is said beside it
            else sum(power(weight, age_h + 1) * concentration)
        end as concentration
    from weighed
    group by station_key, parameter, hour, local_day, day_mark, weight

)

select
    station_key,
    parameter,
    hour,
    local_day,
    '24H'::text as averaging,
    round(concentration::numeric, 3) as concentration,
    hours_used,
    is_biased_low and concentration is not null as is_biased_low,
    day_mark
from nowcast
union all
select
    screened.station_key,
    screened.parameter,
    screened.hour,
    screened.local_day,
    screened.averaging,
    round(screened.concentration, 3),
    case when screened.concentration is null then 0 else 1 end,
    false,
    wanted.day_mark
from screened
inner join wanted on screened.station_key = wanted.station_key and screened.local_day = wanted.local_day
where screened.averaging = '1H'
