{#- Schemas are exactly staging, intermediate and warehouse: no prefix per target, because consumers name them. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name | trim if custom_schema_name else target.schema }}
{%- endmacro %}
