{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['station_key', 'parameter', 'hour'],
    on_schema_change='append_new_columns',
    pre_hook=["set local work_mem = '256MB'", "{{ delete_hours_of_deleted_lines() }}"],
    post_hook="analyze {{ this }}",
) }}
with
{% if is_incremental() -%}
touched as materialized (

    {{ touched_hours() }}

),

line as (

    {{ lines_of_touched_hours('touched') }}

),
{%- else -%}
line as (

    select * from {{ ref('int_observation_catalogued') }}
    where station_key is not null and is_time_plausible

),
{%- endif %}

-- a line that was sent twice is one value; two values for one time are a conflict, and neither is used
instant as (

    select
        station_key,
        parameter,
        time_text,
        count(*) as line_count,
        max(change_no) as change_no,
        count(*) filter (where factor is null) as unknown_unit_count,
        min(value * factor) filter (where status = '00') as value,
        (
            (min(value * coalesce(factor, 1)) is distinct from max(value * coalesce(factor, 1)))
            or count(value) not in (0, count(*))
            or min(status) <> max(status)
        ) as is_conflicting,
        max(status) <> '00' as is_excluded,
        min(status) not in ('00', '01', '02') or max(status) not in ('00', '01', '02') as has_unknown_status,
        {{ arrival_of_lines() }}
    from line
    group by station_key, parameter, time_text

),

grouped as (

    select
        station_key,
        parameter,
        left(time_text, 10) as local_hour_text,
        round(avg(value) filter (where not is_conflicting), 6) as mean,
        count(value) filter (where not is_conflicting)::integer as n_valid,
        min(value) filter (where not is_conflicting) as value_min,
        max(value) filter (where not is_conflicting) as value_max,
        (var_samp(value) filter (where not is_conflicting))::double precision as value_variance,
        array_agg(value::double precision) filter (where not is_conflicting and value is not null) as measured,
        count(*) filter (where is_conflicting)::integer as conflict_count,
        sum(unknown_unit_count)::integer as unknown_unit_count,
        sum(line_count)::integer as line_count,
        count(*) filter (where is_excluded)::integer as excluded_count,
        count(*) filter (where has_unknown_status)::integer as unknown_status_count,
        {{ arrival_of_instants() }},
        {{ zero_minutes() }},
        max(change_no) as change_no
    from instant
    group by station_key, parameter, left(time_text, 10)

),

hourly as materialized (

    select
        grouped.*,
        {{ spike_score('grouped') }} as spike_score,
        {{ local_timestamp("local_hour_text || '0000'") }} as hour
    from grouped

)

select
    described.*,
    {{ row_hash([
        'station_key', 'parameter', 'hour', 'source_system', 'mean', 'unit', 'n_valid', 'n_expected', 'qc_flag',
        'limit_value', 'is_exceedance', 'valid_from', 'valid_to',
    ]) }} as row_hash
from (
    select
        hourly.station_key,
        hourly.parameter,
        hourly.hour,
        split_part(hourly.station_key, ':', 1) as source_system,
        hourly.mean::numeric(18, 6) as mean,
        catalogue.unit,
        hourly.n_valid,
        {{ hour_expects() }} as n_expected,
        case
            when hourly.n_valid = 0 then 'NONE'
            when hourly.n_valid < {{ derivation_parameter('complete_hour_share') }} * {{ hour_expects() }}
                then 'INCOMPLETE'
            else 'COMPLETE'
        end as qc_flag,
        limits.limit_max::numeric(18, 6) as limit_value,
        hourly.mean > limits.limit_max as is_exceedance,
        hourly.hour as valid_from,
        hourly.hour + interval '1 hour' as valid_to,
        hourly.value_min::numeric(18, 6) as value_min,
        hourly.value_max::numeric(18, 6) as value_max,
        catalogue.range_min::numeric(18, 6) as range_min,
        catalogue.range_max::numeric(18, 6) as range_max,
        catalogue.is_flat_line_exempt,
        station.station_key is not null as is_station_known,
        catalogue.parameter is not null as is_symbol_known,
        hourly.conflict_count,
        hourly.unknown_unit_count,
        hourly.line_count,
        hourly.excluded_count,
        hourly.unknown_status_count,
        {{ arrival_facts('hourly') }},
        hourly.spike_score,
        {{ longest_zero_run('hourly') }} as longest_zero_run,
        {%- for least in ['flat_hour_values', 'flat_run_values', 'zero_run_values'] %}
        {{ derivation_parameter(least) }}::integer as {{ least }},
        {%- endfor %}
        hourly.change_no,
        versioned.catalogue_version
    from hourly
    left join {{ ref('int_station_collected') }} as station on hourly.station_key = station.station_key
    left join {{ ref('int_station_catalogue_versioned') }} as versioned on hourly.station_key = versioned.station_key
    left join {{ ref('int_station_parameter_catalogued') }} as catalogue
        on hourly.station_key = catalogue.station_key and hourly.parameter = catalogue.parameter
        and hourly.hour >= catalogue.valid_from
        and (catalogue.valid_to is null or hourly.hour < catalogue.valid_to + 1)
    left join {{ ref('limit_value') }} as limits
        on catalogue.medium = limits.medium
        and hourly.parameter = limits.symbol and catalogue.unit = limits.unit
        and limits.averaging = '1H' and limits.is_confirmed
        and hourly.hour >= limits.valid_from
        and (limits.valid_to is null or hourly.hour < limits.valid_to + 1)
    where hourly.hour is not null
) as described
