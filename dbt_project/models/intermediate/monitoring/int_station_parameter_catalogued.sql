{{ config(materialized='table') }}

with station as (

    select
        staged.station_key,
        medium.medium
    from {{ ref('int_station_collected') }} as staged
    left join {{ ref('monitoring_medium') }} as medium
        on staged.source_medium = medium.source_medium
        and medium.valid_from <= {{ build_date() }}
        and (medium.valid_to is null or medium.valid_to >= {{ build_date() }})

),

-- how often a service has a result; the finest where a station has several datastreams of a parameter
series as (

    select
        datastream.station_key,
        coalesce(spelling.symbol, datastream.symbol) as symbol,
        max(datastream.observations_per_hour) as observations_per_hour
    from {{ ref('int_datastream_placed') }} as datastream
    left join {{ ref('monitoring_symbol_spelling') }} as spelling on datastream.symbol = spelling.symbol_text
    group by 1, 2

)

-- a station whose medium is unknown is held itself; its symbols are read as in whatever medium knows them
select distinct on (station.station_key, parameter.symbol, parameter.valid_from)
    station.station_key,
    station.medium,
    parameter.medium as catalogue_medium,
    parameter.symbol as parameter,
    parameter.unit,
    parameter.range_min,
    parameter.range_max,
    parameter.is_flat_line_exempt,
    series.observations_per_hour,
    parameter.valid_from,
    parameter.valid_to
from station
inner join {{ ref('monitoring_parameter') }} as parameter
    on coalesce(station.medium, parameter.medium) = parameter.medium
left join series on station.station_key = series.station_key and parameter.symbol = series.symbol
order by station.station_key, parameter.symbol, parameter.valid_from, parameter.medium
