{#- The systems that monitoring_hourly is made of. -#}
{% macro monitoring_systems() -%}
    {{ return(['monitoring_feed', 'air_observations']) }}
{%- endmacro %}
