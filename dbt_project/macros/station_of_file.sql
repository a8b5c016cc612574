{#- The station key of a monitoring file `STATION_yyyyMMddHHmmss.txt`, with or without folders before it; else null.

    Here any fourteen characters pass for the time, for a million lines are read: whether they are one is looked at once per
    hour (`hours_late` is null where they are not, rule E17). -#}
{% macro station_of_file(column) -%}
    case
        when split_part({{ column }}, '/', -1) like '_%\_______________.txt'
            then 'monitoring_feed:' || left(split_part({{ column }}, '/', -1), -19)
    end
{%- endmacro %}
