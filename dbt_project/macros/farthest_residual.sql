{#- How far the most distant value of an hour lies from its mean, in the unit of the value. For spike_score. -#}
{% macro farthest_residual(hourly) -%}
    greatest({{ hourly }}.value_max - {{ hourly }}.mean, {{ hourly }}.mean - {{ hourly }}.value_min)::double precision
{%- endmacro %}
