{#- Aggregates over the instants of an hour that tell in which minutes a value was zero, and in which another: a bit each.

    For monitoring_hourly; read by longest_zero_run. Bits cost next to nothing, an array in order of time would cost a sort. -#}
{% macro zero_minutes() -%}
    bit_or(1::bigint << substr(time_text, 11, 2)::integer) filter (where value = 0 and not is_conflicting) as zero_minutes,
        bit_or(1::bigint << substr(time_text, 11, 2)::integer) filter (where value <> 0 and not is_conflicting)
            as other_minutes
{%- endmacro %}
