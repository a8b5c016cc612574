{#- The columns of a site given by two texts in metres: the zone it is read with and where that comes from, what is wrong
    with its coordinates as stated, and its place.

    `site` is a row with has_location_text, northing_m, easting_m and source_srid, `settled` its row of
    int_site_zone_settled, `range` that of coordinate_range for the zone. UNREADABLE stands beside the signatures of
    coordinate_error; nothing is put right, and a point with an error has no place. -#}
{% macro site_point(site, settled, range) -%}
    {%- set point -%}
    st_setsrid(
        st_makepoint({{ site }}.easting_m::double precision, {{ site }}.northing_m::double precision),
        coalesce({{ range }}.srid, 0)
    )
    {%- endset -%}
    coalesce({{ site }}.source_srid, {{ settled }}.placed_srid) as placed_srid,
    case when {{ site }}.source_srid is null then {{ settled }}.source_srid_basis else 'STATED' end as source_srid_basis,
    case
        when {{ site }}.has_location_text and ({{ site }}.northing_m is null or {{ site }}.easting_m is null) then 'UNREADABLE'
        else {{ coordinate_error(point, range) }}
    end as coordinate_error,
    {{ point }} as stated_location
{%- endmacro %}
