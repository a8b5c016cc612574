{#- How many values an hour of monitoring_hourly should have: as the datastream of the service says, else as the circular. -#}
{% macro hour_expects() -%}
    coalesce(catalogue.observations_per_hour, {{ derivation_parameter('observations_per_hour') }})::integer
{%- endmacro %}
