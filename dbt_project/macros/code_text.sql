{#- A code as text of fixed length: `1.0` and `1` are `00001`; a code that is not a number stays as it is, blank is null. -#}
{% macro code_text(column, length) -%}
    case
        when trim({{ column }}) ~ '^[0-9]+(\.0*)?$'
            then lpad(split_part(trim({{ column }}), '.', 1), greatest({{ length }}, length(split_part(trim({{ column }}), '.', 1))), '0')
        else nullif(trim({{ column }}), '')
    end
{%- endmacro %}
