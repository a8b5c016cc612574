{#- Query of (station_key, local_hour_text) that an incremental build of monitoring_hourly must compute again.

    Hours with lines that came since, and hours that were computed with another catalogue or description of the station, or
    without a fact that they have by now. -#}
{% macro touched_hours() -%}
    select station_key, local_hour_text
    from {{ ref('int_observation_catalogued') }}
    where change_no > (select coalesce(max(change_no), 0) from {{ this }})
    union
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
