{#- The day for which validity and status are derived: the variable build_date, else today in Vietnam. -#}
{% macro build_date() -%}
    {%- if var('build_date', none) -%}
        date '{{ var("build_date") }}'
    {%- else -%}
        (now() at time zone 'Asia/Ho_Chi_Minh')::date
    {%- endif -%}
{%- endmacro %}
