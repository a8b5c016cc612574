{#- Geodesic area of the smallest hole of a MultiPolygon, m²; null where it has none, which is told without looking at it. -#}
{% macro smallest_hole(geometry) -%}
    case
        when st_nrings({{ geometry }}) > st_numgeometries({{ geometry }}) then
            (
                select min(st_area(ring.geom::geography))
                from st_dump({{ geometry }}) as part, st_dumprings(part.geom) as ring
                where ring.path[1] > 0
            )
    end
{%- endmacro %}
