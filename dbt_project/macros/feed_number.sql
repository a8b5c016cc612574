{#- A value of a monitoring line as a number, or null: the decimal sign is a point or a comma, nothing groups thousands. -#}
{% macro feed_number(column) -%}
    case
        when {{ column }} ~ '^\s*[+-]?[0-9]{1,12}([.,][0-9]{1,9})?\s*$' then replace({{ column }}, ',', '.')::numeric
    end
{%- endmacro %}
