{{ config(materialized='table') }}

with reference as (

    select md5(string_agg(line, ',' order by line)) as version
    from (
        select segment::text as line from {{ ref('int_aqi_segment_derived') }} as segment
        union all
        select level::text from {{ ref('vn_aqi_level') }} as level
        union all
        select parameter::text from {{ ref('derivation_parameter') }} as parameter
        where name like 'aqi%'
    ) as lines

),

day as (

    select
        station_key,
        local_day,
        md5(string_agg(
            concat_ws(' ', parameter, hour, coalesce(concentration::text, '-')), ',' order by parameter, hour
        )) as content
    from {{ ref('int_air_hour_screened') }}
    group by station_key, local_day

)

-- the first hours of a day are averaged with the last ones of the day before
select
    day.station_key,
    day.local_day,
    md5(concat_ws('|', day.content, coalesce(before.content, '-'), reference.version)) as day_mark
from day
cross join reference
left join day as before on day.station_key = before.station_key and day.local_day - 1 = before.local_day
