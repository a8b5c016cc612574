{#- A waste-water flow in m³/day from `126 m3/ngày đêm`, or null: `NTSH: 09` and `Tuần hoàn` say no flow per day. -#}
{% macro flow_m3_day(column) -%}
    {{ quantity_read(column, "^\\s*([0-9][0-9.,]*)\\s*m[3³]\\s*/\\s*(?:ngày|ng\\.?đ)") }}
{%- endmacro %}
