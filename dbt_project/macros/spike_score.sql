{#- How far the most distant value of an hour lies from the others, in standard deviations of the others; the larger of two
    answers, null below six values. The spread counts as at least 1 % of the middle, so that an instrument that moves by its
    last digit shows none.

    One spike: the distance from the mean of the others. By leaving the value itself out, a spike does not hide in the spread
    that it makes (a deleted residual; Belsley, Kuh and Welsch 1980). Several: see robust_spike_score.
    Columns of `hourly`: mean, n_valid, value_min, value_max, value_variance, measured. -#}
{% macro spike_score(hourly) -%}
    case
        when {{ hourly }}.n_valid >= 6 then greatest(
            {{ farthest_residual(hourly) }} * {{ hourly }}.n_valid / ({{ hourly }}.n_valid - 1) / nullif(greatest(
                sqrt(greatest(
                    ({{ hourly }}.n_valid - 1) * {{ hourly }}.value_variance
                    - {{ farthest_residual(hourly) }} * {{ farthest_residual(hourly) }}
                    * {{ hourly }}.n_valid / ({{ hourly }}.n_valid - 1), 0
                ) / ({{ hourly }}.n_valid - 2)),
                0.01 * abs({{ hourly }}.mean::double precision)
            ), 0),
            {{ robust_spike_score(hourly) }}
        )
    end
{%- endmacro %}
