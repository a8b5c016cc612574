{#- The tax code as printed (`0107094917-001`) where it is a valid one of an organisation, else null.

    Anything else may be a person's number or a telephone number, and stays behind the keyed hash. -#}
{% macro organisation_tax_code(digits) -%}
    case
        when length({{ digits }}) = 10 and {{ is_tax_code_valid(digits) }} then {{ digits }}
        when length({{ digits }}) = 13 and {{ is_tax_code_valid(digits) }}
            then left({{ digits }}, 10) || '-' || right({{ digits }}, 3)
    end
{%- endmacro %}
