{#- Aggregates over the lines of an instant that tell when and in what order they came. For monitoring_hourly; read by
    arrival_of_instants.

    A line may come again in a later file: the first that brought it tells the delay, the last whether it can be. Lines
    sent again come behind later ones; a time that came in its turn at least once did not. -#}
{% macro arrival_of_lines() -%}
    min(file_time_text) as first_file_text,
        max(file_time_text) as last_file_text,
        max(loaded_at) as loaded_at,
        bool_and(coalesce(is_behind, false)) as is_behind,
        max(run_length) filter (where status = '00') as run_length
{%- endmacro %}
