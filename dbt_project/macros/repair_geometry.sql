{#- Three columns from one polygonal geometry: <alias> (valid MultiPolygon), geometry_repaired, area_change_share.

    The only place of repair. What a repair did is kept as facts, because whether it is acceptable is a rule:
    area_change_share is |area after - area before| / greatest of both, 0 where nothing was repaired. -#}
{% macro repair_geometry(geometry, alias='geom') -%}
    st_multi(case
        when st_isvalid({{ geometry }}) then {{ geometry }}
        else {{ repaired_polygons(geometry) }}
    end) as {{ alias }},
    not st_isvalid({{ geometry }}) as geometry_repaired,
    case
        when st_isvalid({{ geometry }}) then 0::double precision
        else coalesce(
            abs(st_area({{ repaired_polygons(geometry) }}) - st_area({{ geometry }}))
            / nullif(greatest(st_area({{ repaired_polygons(geometry) }}), st_area({{ geometry }})), 0),
            1
        )
    end as area_change_share
{%- endmacro %}
