{#- A key under which the spellings of an authority's name agree: `UBND tỉnh Nam Định`, `Uỷ ban nhân dân tỉnh Nam Định`. -#}
{% macro authority_name_key(column) -%}
    {%- set short = "regexp_replace(" ~ clean_name(column) ~ ", '^(ủy|uỷ) ban nhân dân', 'UBND', 'i')" -%}
    {{ name_key(short) }}
{%- endmacro %}
