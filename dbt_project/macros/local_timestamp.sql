{#- The instant of `yyyyMMddHHmmss` in Vietnamese local time (UTC+7), or null where it is no time. Never raises. -#}
{% macro local_timestamp(column) -%}
    case
        when {{ column }} ~ '^20[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])([01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]$'
            and (
                substr({{ column }}, 7, 2) <= '28'
                or {{ safe_date("substr(" ~ column ~ ", 1, 4)", "substr(" ~ column ~ ", 5, 2)", "substr(" ~ column ~ ", 7, 2)") }}
                is not null
            )
            then (substr({{ column }}, 1, 8) || ' ' || substr({{ column }}, 9, 6))::timestamp
                at time zone 'Asia/Ho_Chi_Minh'
    end
{%- endmacro %}
