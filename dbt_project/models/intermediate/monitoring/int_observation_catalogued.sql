-- one row per line of the feed or observation of a service, with the factor to the canonical unit; null where symbol or
-- unit is not in the catalogue
select
    observation.source_system,
    observation.station_key,
    observation.local_hour_text,
    coalesce(series.parameter, observation.symbol) as parameter,
    observation.time_text,
    observation.is_time_plausible,
    observation.status,
    observation.file_time_text,
    observation.loaded_at,
    observation.value,
    series.factor,
    observation.is_behind,
    observation.run_length,
    observation.change_no
from (
    select
        'monitoring_feed'::text as source_system,
        station_key,
        local_hour_text,
        symbol,
        unit_text,
        time_text,
        is_time_plausible,
        status,
        file_time_text,
        loaded_at,
        value,
        is_behind,
        run_length,
        change_no
    from {{ ref('stg_monitoring_feed__observation') }}
    union all
    select
        'air_observations'::text,
        datastream.station_key,
        left(observed.time_text, 10),
        datastream.symbol,
        datastream.unit_text,
        observed.time_text,
        true,
        observed.status,
        observed.result_time_text,
        observed.loaded_at,
        observed.value,
        -- a service keeps no order that could be wrong
        null,
        null,
        -- a station that is described otherwise makes its hours anew
        greatest(observed.change_no, datastream.change_no)
    from {{ ref('stg_air_observations__observation') }} as observed
    inner join {{ ref('int_datastream_placed') }} as datastream
        on observed.datastream_id = datastream.datastream_id and datastream.observations_per_hour is not null
) as observation
left join {{ ref('int_station_series_spelled') }} as series
    on observation.station_key = series.station_key
    and observation.symbol = series.symbol_text
    and observation.unit_text = series.unit_text
    and observation.time_text >= series.valid_from_text
    and observation.time_text <= series.valid_to_text
