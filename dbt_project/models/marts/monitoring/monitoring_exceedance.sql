{% set published = [
    'station_key', 'parameter', 'day', 'averaging', 'class', 'source_system', 'limit_code', 'regulation', 'unit',
    'limit_min', 'limit_max', 'mean_min', 'mean_max', 'n_means', 'n_expected', 'n_exceeding', 'is_exceedance',
    'valid_from', 'valid_to',
] %}
-- Each day of a station against each limit that was in force on it. Where a regulation has columns (A, B) the row is held
-- against all of them: which one binds a facility stands in its permit.
with judged as (

    select
        averaged.station_key,
        averaged.parameter,
        averaged.local_day as day,
        limits.averaging,
        limits.class,
        'monitoring_feed'::text as source_system,
        concat_ws('|', limits.medium, limits.symbol, limits.class, limits.averaging) as limit_code,
        limits.regulation,
        limits.unit,
        limits.limit_min::numeric(18, 6) as limit_min,
        limits.limit_max::numeric(18, 6) as limit_max,
        min(averaged.mean)::numeric(18, 6) as mean_min,
        max(averaged.mean)::numeric(18, 6) as mean_max,
        count(averaged.mean)::integer as n_means,
        case mean.mean_hours when 24 then 1 else 24 end as n_expected,
        count(*) filter (
            where averaged.mean > limits.limit_max or averaged.mean < limits.limit_min
        )::integer as n_exceeding
    from {{ ref('int_monitoring_averaged') }} as averaged
    inner join {{ ref('limit_averaging') }} as mean
        on averaged.medium = mean.medium
        and averaged.mean_hours = mean.mean_hours
        and averaged.local_day >= mean.valid_from
        and (mean.valid_to is null or averaged.local_day <= mean.valid_to)
    inner join {{ ref('limit_value') }} as limits
        on mean.medium = limits.medium
        and mean.averaging = limits.averaging
        and averaged.parameter = limits.symbol
        and averaged.unit = limits.unit
        and limits.is_confirmed
        and averaged.local_day >= limits.valid_from
        and (limits.valid_to is null or averaged.local_day <= limits.valid_to)
    group by 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 15

),

described as (

    select
        judged.*,
        -- one mean above the limit is enough to say yes; to say no takes a day that is known well enough
        case
            when n_exceeding > 0 then true
            when n_means >= n_expected * {{ derivation_parameter('aqi_complete_share') }} then false
        end as is_exceedance,
        day as valid_from,
        day as valid_to
    from judged

)

select
    described.*,
    {{ row_hash(published) }} as row_hash
from described
