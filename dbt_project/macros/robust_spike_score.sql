{#- How far the most distant value of an hour lies from the median, in standard deviations as the median distance tells them
    (1.4826 times; Hampel 1974): up to a third of the values may be spikes without hiding each other, as they hide from a
    mean. Where more values than a third lie half as far, the level changed: null.

    It needs the values in order, so it looks only into hours of which a value lies over 20 % of the mean away from it: one
    or two in a hundred. Null elsewhere. Columns of `hourly`: mean, n_valid, value_min, value_max, measured. -#}
{% macro robust_spike_score(hourly) -%}
    case
        when {{ farthest_residual(hourly) }} > 0.2 * abs({{ hourly }}.mean::double precision) then (
            select
                case
                    when count(*) filter (where d.distance > d.farthest / 2) <= count(*) / 3
                        then max(d.distance) / nullif(greatest(
                            1.4826 * percentile_cont(0.5) within group (order by d.distance), 0.01 * abs(max(d.middle))
                        ), 0)
                end
            from (
                select
                    m.middle,
                    abs(v.value - m.middle) as distance,
                    max(abs(v.value - m.middle)) over () as farthest
                from
                    unnest({{ hourly }}.measured) as v (value),
                    (
                        select percentile_cont(0.5) within group (order by w.value) as middle
                        from unnest({{ hourly }}.measured) as w (value)
                    ) as m
            ) as d
        )
    end
{%- endmacro %}
