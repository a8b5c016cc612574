{#- The polygons of a repaired geometry; lines and points that the repair leaves over are dropped. For repair_geometry. -#}
{% macro repaired_polygons(geometry) -%}
    st_collectionextract(st_makevalid({{ geometry }}, 'method=structure'), 3)
{%- endmacro %}
