{#- Whether a 12-character GeoHash parcel identifier is well formed and its first 8 characters name the cell of the
    geometry (EPSG:4756) or a neighbouring cell (Circular 19/2026/TT-BNNMT, Appendix I). Null where there is none.

    Only 8 characters: VN-2000 to WGS 84 is known to about a metre, far coarser than a 12-character cell. A cell of
    8 characters is 360/2^20 degrees wide and 180/2^20 high; one and a half from its centre reaches the neighbours. -#}
{% macro agrees_with_geohash(parcel_uid, geometry) -%}
    case
        when {{ parcel_uid }} is null then null
        when {{ parcel_uid }} !~ '^[0-9b-hjkmnp-z]{12}$' then false
        else coalesce(st_intersects(
            st_expand(
                {{ to_vn2000_geographic("st_setsrid(st_pointfromgeohash(left(" ~ parcel_uid ~ ", 8)), 4326)") }},
                1.5 * 360 / 2 ^ 20,
                1.5 * 180 / 2 ^ 20
            ),
            {{ geometry }}
        ), false)
    end
{%- endmacro %}
