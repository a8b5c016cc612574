{#- A number as Vietnamese documents write it, or null: `2.345.678,12`, `2345678.12`, `2 345 678,12`, `568.262` (568262).

    A comma is the decimal sign; a point is one only where it does not stand before groups of three digits. -#}
{% macro vn_number(column) -%}
    {%- set text = "regexp_replace(" ~ column ~ ", '[\\s\\u00a0\\u202f]', '', 'g')" -%}
    case
        when {{ text }} ~ '^-?[0-9]{1,3}(\.[0-9]{3})+(,[0-9]+)?$'
            then replace(replace({{ text }}, '.', ''), ',', '.')::numeric
        when {{ text }} ~ '^-?[0-9]{1,12}(,[0-9]+)?$' then replace({{ text }}, ',', '.')::numeric
        when {{ text }} ~ '^-?[0-9]{1,12}\.[0-9]+$' then ({{ text }})::numeric
    end
{%- endmacro %}
