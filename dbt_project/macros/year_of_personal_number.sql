{#- Birth year that a personal identification number of 12 digits tells: the fourth digit is the century and the sex.

    0 and 1 are the 1900s, 2 and 3 the 2000s, and so on (Decree 137/2015/NĐ-CP). -#}
{% macro year_of_personal_number(digits) -%}
    (1900 + substr({{ digits }}, 4, 1)::integer / 2 * 100 + substr({{ digits }}, 5, 2)::integer)
{%- endmacro %}
