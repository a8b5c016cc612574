{#- Aggregates over the instants of an hour that tell when its lines came, and in what order. For monitoring_hourly;
    read by arrival_facts. -#}
{% macro arrival_of_instants() -%}
    max(case
            when time_text > last_file_text
                then {{ local_timestamp('time_text') }} - {{ local_timestamp('last_file_text') }}
        end) as ahead_of_file,
        max(first_file_text) as last_arrival_text,
        max(time_text) as last_time_text,
        max(loaded_at) as loaded_at,
        count(*) filter (where run_in_turn = 0)::integer as behind_count,
        nullif(max(run_in_turn), 0) as longest_equal_run
{%- endmacro %}
