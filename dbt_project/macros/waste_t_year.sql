{#- Solid waste in tonnes a year from `1.949 tấn/năm` (1949), or null: `3074,5m3/năm` is a volume, and of two wastes in one
    cell neither is the whole. Only a cell that says nothing else is read. -#}
{% macro waste_t_year(column) -%}
    {{ quantity_read(column, "^\\s*([0-9][0-9.,]*)\\s*tấn\\s*/\\s*năm\\s*$") }}
{%- endmacro %}
