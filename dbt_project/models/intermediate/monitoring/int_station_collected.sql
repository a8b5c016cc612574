-- the stations of all monitoring systems, by what they watch; where they stand is in int_station_located
select
    station_key,
    source_medium
from {{ ref('stg_monitoring_feed__station') }}
union all
select
    station_key,
    source_medium
from {{ ref('stg_air_observations__thing') }}
