{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['station_key', 'local_day'],
    on_schema_change='fail',
    pre_hook="{{ delete_vanished_air_days(ref('int_air_day_averaged')) }}",
) }}

with wanted as (

    {{ changed_air_days(ref('int_air_day_averaged')) }}

),

part as (

    select
        averaged.station_key,
        averaged.local_day,
        averaged.parameter,
        averaged.averaging,
        averaged.concentration,
        {{ vn_aqi_index('averaged.concentration', 'segment') }} as index_exact,
        wanted.day_mark
    from {{ ref('int_air_day_averaged') }} as averaged
    inner join wanted on averaged.station_key = wanted.station_key and averaged.local_day = wanted.local_day
    -- beyond 400 µg/m³ the eight-hour scale of ozone ends, and the one-hour value alone decides
    left join {{ ref('int_aqi_segment_derived') }} as segment
        on averaged.parameter = segment.symbol
        and averaged.averaging = segment.averaging
        and (averaged.concentration > segment.concentration_from or segment.concentration_from = 0)
        and (averaged.concentration <= segment.concentration_to or segment.concentration_to is null)
        and averaged.local_day >= segment.valid_from
        and (segment.valid_to is null or averaged.local_day <= segment.valid_to)

),

combined as (

    select
        station_key,
        local_day,
        day_mark,
        bool_or(averaging = '24H' and index_exact is not null) as has_particulate,
        round(max(index_exact))::integer as largest_index,
        (array_agg(parameter order by index_exact desc nulls last, parameter))[1] as main_parameter,
        {%- for column, symbol in [('so2', 'SO2'), ('co', 'CO'), ('no2', 'NO2'), ('pm10', 'PM10'), ('pm2_5', 'PM2,5')] %}
        round(max(index_exact) filter (where parameter = '{{ symbol }}'))::integer as aqi_{{ column }},
        {%- endfor %}
        round(max(index_exact) filter (where parameter = 'O3' and averaging = '1H'))::integer as aqi_o3_1h,
        round(max(index_exact) filter (where parameter = 'O3' and averaging = '8H'))::integer as aqi_o3_8h
    from part
    group by station_key, local_day, day_mark

)

select
    described.*,
    {{ row_hash([
        'station_key', 'day', 'source_system', 'vn_aqi', 'level', 'level_name', 'main_parameter', 'aqi_so2', 'aqi_co',
        'aqi_no2', 'aqi_o3_1h', 'aqi_o3_8h', 'aqi_pm10', 'aqi_pm2_5', 'valid_from', 'valid_to',
    ]) }} as row_hash
from (
    select
        combined.station_key,
        combined.local_day as day,
        split_part(combined.station_key, ':', 1) as source_system,
        case when combined.has_particulate then combined.largest_index end as vn_aqi,
        level.level,
        level.name_vi as level_name,
        case when combined.has_particulate then combined.main_parameter end as main_parameter,
        combined.aqi_so2,
        combined.aqi_co,
        combined.aqi_no2,
        combined.aqi_o3_1h,
        combined.aqi_o3_8h,
        combined.aqi_pm10,
        combined.aqi_pm2_5,
        combined.local_day as valid_from,
        combined.local_day as valid_to,
        combined.local_day,
        combined.day_mark
    from combined
    left join {{ ref('vn_aqi_level') }} as level
        on combined.has_particulate
        and combined.largest_index between level.index_min and level.index_max
        and combined.local_day >= level.valid_from
        and (level.valid_to is null or combined.local_day <= level.valid_to)
) as described
