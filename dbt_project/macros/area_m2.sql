{#- Area on the ellipsoid, m², of longitudes and latitudes in VN-2000 (whose ellipsoid is that of WGS 84, so that the datum
    makes no difference), measured in the cylindrical equal-area projection EPSG:6933. A geodesic area is a difference of
    two numbers near 5e14 m² and carries a noise of up to 4e-4 m² in doubles; this one is exact to some 1e-8 m². -#}
{% macro area_m2(geometry) -%}
    st_area(st_transform(st_setsrid({{ geometry }}, 4326), 6933))
{%- endmacro %}
