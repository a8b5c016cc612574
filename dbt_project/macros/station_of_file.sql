{#- The station key of a monitoring file `STATION_yyyyMMddHHmmss.txt`, with or without folders before it; else null. -#}
{% macro station_of_file(column) -%}
    case
        when split_part({{ column }}, '/', -1) like '_%\_______________.txt'
            then 'monitoring_feed:' || left(split_part({{ column }}, '/', -1), -19)
    end
{%- endmacro %}
