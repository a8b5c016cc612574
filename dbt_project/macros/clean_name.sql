{#- A name in Unicode NFC, control characters and runs of blanks made one blank; blank is null. -#}
{% macro clean_name(column) -%}
    nullif(trim(regexp_replace(normalize({{ column }}, nfc), '[\s[:cntrl:]\u00a0\u200b]+', ' ', 'g')), '')
{%- endmacro %}
