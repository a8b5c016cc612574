-- the datastreams of known stations; one whose results are means over more than an hour belongs to no hour
select
    datastream.datastream_id,
    thing.station_key,
    datastream.symbol,
    datastream.unit_text,
    case
        when 60 % nullif(datastream.averaging_minutes, 0) = 0 then 60 / datastream.averaging_minutes
    end as observations_per_hour,
    described.change_no
from {{ ref('stg_air_observations__datastream') }} as datastream
inner join {{ ref('stg_air_observations__thing') }} as thing on datastream.thing_id = thing.thing_id
inner join {{ ref('stg_air_observations__station_described') }} as described
    on thing.station_key = described.station_key
