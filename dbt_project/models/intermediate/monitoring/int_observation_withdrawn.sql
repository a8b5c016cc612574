-- the hours that lines or observations were taken from
select
    'monitoring_feed'::text as source_system,
    station_key,
    local_hour_text,
    change_no
from {{ ref('stg_monitoring_feed__observation_withdrawn') }}
union all
select
    'air_observations'::text,
    datastream.station_key,
    left(withdrawn.time_text, 10),
    withdrawn.change_no
from {{ ref('stg_air_observations__observation_withdrawn') }} as withdrawn
inner join {{ ref('int_datastream_placed') }} as datastream on withdrawn.datastream_id = datastream.datastream_id
