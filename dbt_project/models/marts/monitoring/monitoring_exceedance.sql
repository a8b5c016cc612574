{% set published = [
    'station_key', 'parameter', 'day', 'averaging', 'class', 'source_system', 'limit_code', 'regulation', 'unit',
    'limit_min', 'limit_max', 'mean_min', 'mean_max', 'n_means', 'n_expected', 'n_exceeding', 'is_exceedance',
    'reason_code', 'valid_from', 'valid_to',
] %}
-- Each day (or year, on its last day) of a station against each limit that was in force on it. Where a regulation has columns
-- (A, B) the row is held against all of them: which one binds a facility stands in its permit. Which regulation binds it
-- depends on its age, told by its first document; a station that sent before proves it as well.
with station as (

    select
        averaged.station_key,
        min(documented.documented_on) as documented_on,
        least(min(documented.documented_on), min(averaged.local_day)) as known_on
    from {{ ref('int_monitoring_averaged') }} as averaged
    inner join {{ ref('monitoring_station') }} as listed on averaged.station_key = listed.station_key
    left join {{ ref('int_facility_documented') }} as documented on listed.facility_key = documented.facility_key
    group by averaged.station_key

),

limits as (

    select
        medium,
        symbol,
        class,
        averaging,
        unit,
        limit_min,
        limit_max,
        regulation,
        facility_before,
        null::date as facility_from,
        valid_from,
        valid_to
    from {{ ref('limit_value') }}
    where is_confirmed
    union all
    select
        medium,
        symbol,
        'ALL',
        averaging,
        unit,
        null,
        null,
        regulation,
        null,
        facility_from,
        valid_from,
        valid_to
    from {{ ref('limit_not_loaded') }}

),

judged as (

    select
        averaged.station_key,
        averaged.parameter,
        averaged.local_day as day,
        limits.averaging,
        limits.class,
        split_part(averaged.station_key, ':', 1) as source_system,
        concat_ws('|', limits.medium, limits.symbol, limits.class, limits.averaging) as limit_code,
        limits.regulation,
        limits.unit,
        limits.limit_min::numeric(18, 6) as limit_min,
        limits.limit_max::numeric(18, 6) as limit_max,
        limits.facility_from is not null as is_not_loaded,
        station.documented_on is null as is_undated,
        min(averaged.mean)::numeric(18, 6) as mean_min,
        max(averaged.mean)::numeric(18, 6) as mean_max,
        count(averaged.mean)::integer as n_means,
        case when mean.mean_hours < 24 then 24 else 1 end as n_expected,
        count(*) filter (
            where averaged.mean > limits.limit_max or averaged.mean < limits.limit_min
        )::integer as n_exceeding
    from {{ ref('int_monitoring_averaged') }} as averaged
    inner join station on averaged.station_key = station.station_key
    inner join {{ ref('limit_averaging') }} as mean
        on averaged.medium = mean.medium
        and averaged.mean_hours = mean.mean_hours
        and averaged.local_day >= mean.valid_from
        and (mean.valid_to is null or averaged.local_day <= mean.valid_to)
    inner join limits
        on mean.medium = limits.medium
        and mean.averaging = limits.averaging
        and averaged.parameter = limits.symbol
        and averaged.unit = limits.unit
        and averaged.local_day >= limits.valid_from
        and (limits.valid_to is null or averaged.local_day <= limits.valid_to)
        and (limits.facility_before is null or station.known_on < limits.facility_before)
        and (limits.facility_from is null or station.known_on >= limits.facility_from)
    group by 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 17

),

decided as (

    select
        judged.*,
        -- one mean above the limit is enough to say yes; to say no takes a day that is known well enough
        case
            when is_not_loaded then null
            when n_exceeding > 0 then true
            when n_means >= n_expected * {{ derivation_parameter('aqi_complete_share') }} then false
        end as is_exceedance,
        case when averaging = '1Y' then date_trunc('year', day)::date else day end as valid_from,
        day as valid_to
    from judged

),

described as (

    select
        decided.*,
        case
            when is_exceedance is not null then null
            when is_not_loaded and is_undated then 'FACILITY_UNDATED'
            when is_not_loaded then 'LIMIT_NOT_LOADED'
            when averaging = '1Y' and day >= {{ build_date() }} then 'YEAR_NOT_OVER'
            else 'TOO_FEW_MEANS'
        end as reason_code
    from decided

)

select
    {{ published | join(',\n    ') }},
    {{ row_hash(published) }} as row_hash
from described
