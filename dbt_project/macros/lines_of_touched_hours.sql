{#- Query of the lines of the station hours in `touched` (station_key, local_hour_text).

    Per hour of the day and not per station, so that the lines of an hour are looked up once, by the index on their time. -#}
{% macro lines_of_touched_hours(touched) -%}
    select observation.*
    from (select distinct local_hour_text from {{ touched }}) as touched_hour
    cross join lateral (
        select *
        from {{ ref('int_observation_catalogued') }} as of_hour
        where
            of_hour.time_text >= touched_hour.local_hour_text || '0000'
            and of_hour.time_text <= touched_hour.local_hour_text || '5959'
            and of_hour.station_key is not null
            and of_hour.is_time_plausible
        offset 0
    ) as observation
    where (observation.station_key, observation.local_hour_text) in (
        select station_key, local_hour_text from {{ touched }}
    )
{%- endmacro %}
