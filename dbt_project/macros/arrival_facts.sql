{#- What the arrival of its lines says of an hour: minutes_ahead_of_file, hours_late, is_in_future, and
    what their order says: behind_count, longest_equal_run; see monitoring_hourly. -#}
{% macro arrival_facts(hourly) -%}
    coalesce(ceil(extract(epoch from {{ hourly }}.ahead_of_file) / 60), 0)::integer as minutes_ahead_of_file,
        ceil(extract(epoch from {{ local_timestamp(hourly ~ '.last_arrival_text') }} - {{ hourly }}.hour) / 3600)::integer - 1
            as hours_late,
        coalesce({{ local_timestamp(hourly ~ '.last_time_text') }} > {{ hourly }}.loaded_at + interval '5 minutes', false)
            as is_in_future,
        {{ hourly }}.behind_count,
        {{ hourly }}.longest_equal_run
{%- endmacro %}
