{{ config(materialized='table') }}

with rule as (

    select md5(string_agg(line, ',' order by line)) as rule_version
    from (
        select limit_value::text as line from {{ ref('limit_value') }} as limit_value
        union all
        select parameter::text from {{ ref('derivation_parameter') }} as parameter
    ) as lines

),

line as (

    select
        station_key,
        catalogued::text as line
    from {{ ref('int_station_parameter_catalogued') }} as catalogued
    union all
    select
        station_key,
        spelled::text
    from {{ ref('int_station_series_spelled') }} as spelled

)

-- what an hour of the station was computed with; when it changes, the station's hours are computed again
select
    line.station_key,
    md5(rule.rule_version || string_agg(line.line, ',' order by line.line)) as catalogue_version
from line
cross join rule
group by line.station_key, rule.rule_version
