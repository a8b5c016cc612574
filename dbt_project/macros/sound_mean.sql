{#- The mean of an hour of monitoring_hourly (alias `hourly`) if it may be judged by: complete, and nothing in it that the
    rules of that dataset would hold; else null. -#}
{% macro sound_mean(hourly) -%}
    case
        when {{ hourly }}.qc_flag = 'COMPLETE'
            and {{ hourly }}.conflict_count = 0
            and {{ hourly }}.unknown_unit_count = 0
            and {{ hourly }}.minutes_ahead_of_file <= 5
            and not {{ hourly }}.is_in_future
            and {{ hourly }}.hours_late is not null
            and {{ hourly }}.longest_zero_run < {{ hourly }}.zero_run_values
            and {{ hourly }}.value_min >= {{ hourly }}.range_min
            and {{ hourly }}.value_max <= {{ hourly }}.range_max
            and {{ hourly }}.value_max > 0
            and (
                {{ hourly }}.is_flat_line_exempt
                or {{ hourly }}.n_valid < {{ hourly }}.flat_hour_values
                or (
                    {{ hourly }}.value_min < {{ hourly }}.value_max
                    and coalesce({{ hourly }}.longest_equal_run < {{ hourly }}.flat_run_values, true)
                )
            )
            then {{ hourly }}.mean
    end
{%- endmacro %}
