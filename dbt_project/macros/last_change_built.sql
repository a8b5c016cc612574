{#- The last change of a system that the hours built so far know of, as an expression. -#}
{% macro last_change_built(system) -%}
    (select coalesce(max(change_no), 0) from {{ this }} where source_system = '{{ system }}')
{%- endmacro %}
