{#- A tax code without what people write around it (`MST: 0107094917`, `0107094917-001`, blanks); blank is null. -#}
{% macro tax_code_digits(column) -%}
    nullif(regexp_replace(regexp_replace(upper({{ column }}), '^\s*(MST|MÃ SỐ THUẾ)\s*[:.]?', ''), '[\s\u00a0.-]', '', 'g'), '')
{%- endmacro %}
