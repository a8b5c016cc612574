{#- The number that a pattern finds in a text, as numeric(14, 3), or null; also null where it is too large to be one. -#}
{% macro quantity_read(column, pattern) -%}
    nullif(least({{ vn_number("substring(" ~ column ~ " from '" ~ pattern ~ "')") }}, 100000000000), 100000000000)::numeric(14, 3)
{%- endmacro %}
