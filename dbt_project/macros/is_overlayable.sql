{#- Whether a parcel lies where its coordinates say; what others happen to fall upon says nothing about them. In one line,
    for a linter that indents what it renders. -#}
{% macro is_overlayable(parcel) -%}
    {%- set facts = [
        'geom is not null', 'is_geometry_empty is false', 'axes_swapped is false', 'is_zone_usual is not false',
        'is_datum_shift_missing is not true', 'coordinate_error is null', 'suggested_srid is null',
    ] -%}
    {%- for fact in facts %}{{ parcel }}.{{ fact }}{{ ' and ' if not loop.last }}{% endfor -%}
{%- endmacro %}
