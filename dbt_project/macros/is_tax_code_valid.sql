{#- Whether digits are a tax code: 10 or 13 of an organisation with the check digit right, or 12 of a person. Null for null.

    Check digit: 10 - (weighted sum mod 11), so a sum divisible by 11 is never issued; python-stdnum, stdnum.vn.mst. -#}
{% macro is_tax_code_valid(digits) -%}
    {%- set weights = [31, 29, 23, 19, 17, 13, 7, 5, 3] -%}
    case
        when {{ digits }} is null then null
        when {{ digits }} ~ '^[0-9]{12}$' then {{ digits }} like '0%'
        when {{ digits }} ~ '^[0-9]{10}([0-9]{3})?$'
            then 10 - (
                {% for weight in weights -%}
                {{ weight }} * substr({{ digits }}, {{ loop.index }}, 1)::integer{{ " + " if not loop.last }}
                {%- endfor %}
            ) % 11 = substr({{ digits }}, 10, 1)::integer
            and substr({{ digits }}, 3, 7) <> '0000000' and substr({{ digits }}, 11) <> '000'
        else false
    end
{%- endmacro %}
