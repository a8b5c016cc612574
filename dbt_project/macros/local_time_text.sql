{#- An instant as the monitoring feed writes it: yyyyMMddHHmmss in Vietnamese local time (UTC+7). -#}
{% macro local_time_text(column) -%}
    to_char({{ column }} at time zone 'Asia/Ho_Chi_Minh', 'YYYYMMDDHH24MISS')
{%- endmacro %}
