{#- Aggregates over the lines of an instant that tell when and in what order they came. For monitoring_hourly; read by
    arrival_of_instants.

    A line may come again in a later file: the first that brought it tells the delay, the last whether it can be. Lines
    sent again come behind later ones; a time that came in its turn at least once did not. One number tells both, because
    every aggregate over the lines costs: 0 behind, else the run of a measured value. -#}
{% macro arrival_of_lines() -%}
    min(file_time_text) as first_file_text,
        max(file_time_text) as last_file_text,
        max(loaded_at) as loaded_at,
        max(case
            when is_behind then 0
            when not is_behind and status = '00' then coalesce(run_length, 1)
            when not is_behind then 1
        end) as run_in_turn
{%- endmacro %}
