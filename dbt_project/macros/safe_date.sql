{#- The date of three texts of digits, or null where the calendar has no such day. Never raises. -#}
{% macro safe_date(year, month, day) -%}
    case
        when ({{ year }})::integer between 1900 and 2200 and ({{ month }})::integer between 1 and 12
            and ({{ day }})::integer between 1 and extract(
                day from make_date(({{ year }})::integer, ({{ month }})::integer, 1) + interval '1 month - 1 day'
            )
            then make_date(({{ year }})::integer, ({{ month }})::integer, ({{ day }})::integer)
    end
{%- endmacro %}
