{#- Statement that removes the hours of lines which the source withdrew since; hours with lines left are computed again. -#}
{% macro delete_hours_of_deleted_lines() -%}
    {%- set withdrawn = ref('stg_monitoring_feed__observation_withdrawn') -%}
    {%- if is_incremental() -%}
    delete from {{ this }} as done
    using (
        select distinct station_key, local_hour_text
        from {{ withdrawn }}
        where change_no > (select coalesce(max(change_no), 0) from {{ this }})
    ) as withdrawn
    where done.station_key = withdrawn.station_key
        and to_char(done.hour at time zone 'Asia/Ho_Chi_Minh', 'YYYYMMDDHH24') = withdrawn.local_hour_text
    {%- else -%}
    select 1
    {%- endif -%}
{%- endmacro %}
