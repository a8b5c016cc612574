-- one row per line of the feed, with the factor to the canonical unit; null where symbol or unit is not in the catalogue
select
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
from {{ ref('stg_monitoring_feed__observation') }} as observation
left join {{ ref('int_station_series_spelled') }} as series
    on observation.station_key = series.station_key
    and observation.symbol = series.symbol_text
    and observation.unit_text = series.unit_text
    and observation.time_text >= series.valid_from_text
    and observation.time_text <= series.valid_to_text
