{#- Statement that removes the hours of lines which their source withdrew since, and of stations that a service describes
    otherwise since; hours with lines left are computed again (touched_hours). -#}
{% macro delete_hours_of_deleted_lines() -%}
    {%- set withdrawn = ref('int_observation_withdrawn') -%}
    {%- set described = ref('stg_air_observations__station_described') -%}
    {%- if is_incremental() -%}
    delete from {{ this }} as done
    using (
        {%- for system in monitoring_systems() %}
        select distinct station_key, local_hour_text
        from {{ withdrawn }}
        where source_system = '{{ system }}' and change_no > {{ last_change_built(system) }}
        union all
        {%- endfor %}
        select station_key, null
        from {{ described }}
        where change_no > {{ last_change_built('air_observations') }}
    ) as withdrawn
    where done.station_key = withdrawn.station_key
        and (
            withdrawn.local_hour_text is null
            or to_char(done.hour at time zone 'Asia/Ho_Chi_Minh', 'YYYYMMDDHH24') = withdrawn.local_hour_text
        )
    {%- else -%}
    select 1
    {%- endif -%}
{%- endmacro %}
