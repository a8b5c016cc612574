{{ config(materialized='table') }}

with station as (

    select
        staged.station_key,
        medium.medium
    from {{ ref('stg_monitoring_feed__station') }} as staged
    left join {{ ref('monitoring_medium') }} as medium
        on staged.source_medium = medium.source_medium
        and medium.valid_from <= {{ build_date() }}
        and (medium.valid_to is null or medium.valid_to >= {{ build_date() }})

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
    parameter.valid_from,
    parameter.valid_to
from station
inner join {{ ref('monitoring_parameter') }} as parameter
    on coalesce(station.medium, parameter.medium) = parameter.medium
order by station.station_key, parameter.symbol, parameter.valid_from, parameter.medium
