{#- Columns number, symbol, issuer, dated_on and number_count of a text that should hold one licence or permit number.

    A text with two numbers gives none: which of them is meant is for the custodian to say. -#}
{% macro parse_document_number(column, prefix='') -%}
    {%- set text = "upper(" ~ clean_name(column) ~ ")" -%}
    {%- set head = "regexp_match(" ~ text ~ ", " ~ document_number_pattern() ~ ")" -%}
    {%- set day = "regexp_match(" ~ text ~ ", " ~ document_date_pattern() ~ ")" -%}
    coalesce(regexp_count({{ text }}, {{ document_number_pattern() }}), 0) as {{ prefix }}number_count,
    {% for name in ['number', 'symbol', 'issuer'] -%}
    case
        when regexp_count({{ text }}, {{ document_number_pattern() }}) = 1 then ({{ head }})[{{ loop.index }}]
    end as {{ prefix }}{{ name }},
    {% endfor -%}
    case
        when regexp_count({{ text }}, {{ document_number_pattern() }}) = 1
            then {{ safe_date("(" ~ day ~ ")[3]", "(" ~ day ~ ")[2]", "(" ~ day ~ ")[1]") }}
    end as {{ prefix }}dated_on
{%- endmacro %}
