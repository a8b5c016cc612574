{#- The most minutes with a value of zero that follow each other without another value between. Minutes that have no value
    break no run: the instrument is as silent in them as in zeros. Columns of `hourly`: zero_minutes, other_minutes.

    Looked into only where as many minutes are zero as a run needs (derivation_parameter zero_run_values); with less the
    number of zeros is the answer that is of use. -#}
{% macro longest_zero_run(hourly) -%}
    case
        when bit_count({{ hourly }}.zero_minutes::bit(64)) >= {{ derivation_parameter('zero_run_values') }} and {{ hourly }}.other_minutes is not null then (
            select max(run.zeros)
            from (
                select count(*) filter (where minute.is_zero) as zeros
                from (
                    select
                        ({{ hourly }}.zero_minutes >> n) & 1 = 1 as is_zero,
                        sum(({{ hourly }}.other_minutes >> n) & 1) over (order by n) as others_before
                    from generate_series(0, 59) as n
                ) as minute
                group by minute.others_before
            ) as run
        )
        else coalesce(bit_count({{ hourly }}.zero_minutes::bit(64)), 0)
    end::integer
{%- endmacro %}
