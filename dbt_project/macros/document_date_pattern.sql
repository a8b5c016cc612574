{#- Regular expression of a day in a document text: `07/4/2020`, `20.7.2017`. Groups: day, month, year. -#}
{% macro document_date_pattern() -%}
    '(?:^|[^0-9/])([0-9]{1,2})\s*[/.]\s*([0-9]{1,2})\s*[/.]\s*([0-9]{4})(?![0-9])'
{%- endmacro %}
