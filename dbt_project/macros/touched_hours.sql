{#- Query of (station_key, local_hour_text) that an incremental build of monitoring_hourly must compute again.

    Hours with lines that came or went since, and hours that were computed with another catalogue or description of the
    station, or without a fact that they have by now. Sources are loaded beside each other, so that the numbers of one say
    nothing of another: each is looked at from its own last one on. -#}
{% macro touched_hours() -%}
    {% for system in monitoring_systems() -%}
    select station_key, local_hour_text
    from {{ ref('int_observation_catalogued') }}
    where source_system = '{{ system }}' and change_no > {{ last_change_built(system) }}
    union
    select station_key, local_hour_text
    from {{ ref('int_observation_withdrawn') }}
    where source_system = '{{ system }}' and change_no > {{ last_change_built(system) }}
    union
    {% endfor -%}
    select
        done.station_key,
        to_char(done.hour at time zone 'Asia/Ho_Chi_Minh', 'YYYYMMDDHH24')
    from {{ this }} as done
    left join {{ ref('int_station_catalogue_versioned') }} as versioned on done.station_key = versioned.station_key
    where done.catalogue_version is distinct from versioned.catalogue_version
    {%- if not has_column('longest_equal_run') %}
        or true
    {%- endif %}
{%- endmacro %}
