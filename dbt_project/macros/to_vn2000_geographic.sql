{#- The geometry in VN-2000 geographic coordinates (EPSG:4756), from the system that its SRID states.

    The only place of reprojection. Null where the coordinates cannot belong to a projected VN-2000 system, or where degrees
    are none (latitude and longitude of Vietnam exchanged), so that one absurd row is a failed rule and not a failed build. -#}
{% macro to_vn2000_geographic(geometry) -%}
    case
        when st_srid({{ geometry }}) = 4756 then {{ geometry }}
        when
            st_srid({{ geometry }}) = 4326
            and (st_ymin({{ geometry }}) < -90 or st_ymax({{ geometry }}) > 90 or st_xmin({{ geometry }}) < -360 or st_xmax({{ geometry }}) > 360)
            then null
        when
            st_xmin({{ geometry }}) >= -5000000 and st_xmax({{ geometry }}) <= 6000000
            and st_ymin({{ geometry }}) >= -5000000 and st_ymax({{ geometry }}) <= 6000000
            then st_transform({{ geometry }}, 4756)
    end
{%- endmacro %}
