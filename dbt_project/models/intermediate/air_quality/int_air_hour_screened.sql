{{ config(materialized='table') }}

with pollutant as (

    select distinct
        symbol,
        averaging,
        unit
    from {{ ref('vn_aqi_breakpoint') }}
    where averaging <> '8H'

),

station as (

    select station_key from {{ ref('monitoring_station') }}
    where medium = 'AMBIENT_AIR'

)

-- the decision takes values that passed quality control: what the rules of monitoring_hourly would hold is left out here
select
    hourly.station_key,
    hourly.parameter,
    hourly.hour,
    (hourly.hour at time zone 'Asia/Ho_Chi_Minh')::date as local_day,
    pollutant.averaging,
    {{ sound_mean('hourly') }} as concentration
from {{ ref('monitoring_hourly') }} as hourly
inner join station on hourly.station_key = station.station_key
inner join pollutant on hourly.parameter = pollutant.symbol and hourly.unit = pollutant.unit
