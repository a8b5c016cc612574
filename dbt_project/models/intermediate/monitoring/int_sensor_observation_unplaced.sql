-- observations that belong to no hour: the datastream is not known, or its results are no means of an hour or a part of one
select
    observation.observation_id,
    observation.datastream_id,
    observation.change_no
from {{ ref('stg_air_observations__observation') }} as observation
where
    not exists (
        select 1
        from {{ ref('int_datastream_placed') }} as datastream
        where datastream.datastream_id = observation.datastream_id and datastream.observations_per_hour is not null
    )
