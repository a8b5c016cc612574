{#- What is wrong with the coordinates of a geometry as stated, told by their size alone; null where nothing is.

    `range` is the row of plausible northings (y) and eastings (x) of the zone; null without one. Nothing is put right by it: a place that
    is changed silently is another parcel. The signatures are those of a VN-2000 register:
    AXES_SWAPPED northing and easting exchanged; DEGREES degrees in a metre column; DECIMAL_LOST a decimal comma or a
    thousands dot misread (all coordinates 10, 100 or 1,000 times too large or too small); ZONE_PREFIX a zone number before
    the easting (18568262); OUT_OF_RANGE none of these, and no place in the country. -#}
{% macro coordinate_error(geometry, range) -%}
    {%- set box -%}
    {{ range }}.easting_min_m, {{ range }}.northing_min_m, {{ range }}.easting_max_m, {{ range }}.northing_max_m
    {%- endset -%}
    case
        when {{ range }}.srid is null or {{ geometry }} is null or st_isempty({{ geometry }}) then null
        when {{ geometry }} @ st_makeenvelope({{ box }}, st_srid({{ geometry }})) then null
        when
            {{ geometry }} @ st_makeenvelope(
                {{ range }}.northing_min_m, {{ range }}.easting_min_m, {{ range }}.northing_max_m,
                {{ range }}.easting_max_m, st_srid({{ geometry }})
            ) then 'AXES_SWAPPED'
        when {{ geometry }} @ st_makeenvelope(-200, -200, 200, 200, st_srid({{ geometry }})) then 'DEGREES'
        {% for factor in [10, 100, 1000, 0.1, 0.01, 0.001] -%}
            when
                {{ geometry }} @ st_makeenvelope(
                    {{ range }}.easting_min_m * {{ factor }}, {{ range }}.northing_min_m * {{ factor }},
                    {{ range }}.easting_max_m * {{ factor }}, {{ range }}.northing_max_m * {{ factor }},
                    st_srid({{ geometry }})
                ) then 'DECIMAL_LOST'
        {% endfor -%}
        when
            st_xmin({{ geometry }}) > 1000000
            and floor(st_xmin({{ geometry }}) / 1000000) = floor(st_xmax({{ geometry }}) / 1000000)
            and st_translate({{ geometry }}, -1000000 * floor(st_xmin({{ geometry }}) / 1000000), 0)
            @ st_makeenvelope({{ box }}, st_srid({{ geometry }})) then 'ZONE_PREFIX'
        else 'OUT_OF_RANGE'
    end
{%- endmacro %}
