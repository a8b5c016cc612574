{#- Geodesic distance of a place (EPSG:4756) from a ground, metres; null where one is not known. Whether it lies inside is
    asked first: the distance from a boundary of thousands of corners is dear, and most places are inside. -#}
{% macro distance_to_ground(ground, place) -%}
    case
        when st_intersects({{ ground }}, {{ place }}) then 0
        else st_distance(({{ ground }})::geography, ({{ place }})::geography)
    end
{%- endmacro %}
