{#- The geometry in VN-2000 geographic coordinates (EPSG:4756), from the system that its SRID states.

    The only place of reprojection. Null where the coordinates cannot belong to a projected VN-2000 system, so that one
    absurd row is a failed rule and not a failed build. -#}
{% macro to_vn2000_geographic(geometry) -%}
    case
        when st_srid({{ geometry }}) = 4756 then {{ geometry }}
        when
            st_xmin({{ geometry }}) >= -5000000 and st_xmax({{ geometry }}) <= 6000000
            and st_ymin({{ geometry }}) >= -5000000 and st_ymax({{ geometry }}) <= 6000000
            then st_transform({{ geometry }}, 4756)
    end
{%- endmacro %}
