{#- What only one of two outlines (EPSG:4756) covers, as a share of the geodesic area of the first. -#}
{% macro difference_share(first, second) -%}
    round((
        st_area(st_symdifference({{ first }}, {{ second }})::geography) / st_area(({{ first }})::geography)
    )::numeric, 6)::double precision
{%- endmacro %}
