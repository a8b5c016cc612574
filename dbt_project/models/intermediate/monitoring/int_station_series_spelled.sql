{{ config(materialized='table') }}

with spelling as (

    select
        symbol_text,
        symbol
    from {{ ref('monitoring_symbol_spelling') }}
    union
    select
        symbol,
        symbol
    from {{ ref('monitoring_parameter') }}

)

select
    parameter.station_key,
    spelling.symbol_text,
    unit.unit_text,
    parameter.parameter,
    unit.factor,
    -- as text in the form of the feed: a million lines are compared with it
    to_char(greatest(parameter.valid_from, unit.valid_from), 'YYYYMMDD') as valid_from_text,
    coalesce(to_char(least(parameter.valid_to, unit.valid_to), 'YYYYMMDD'), '99991231') || '235959' as valid_to_text
from {{ ref('int_station_parameter_catalogued') }} as parameter
inner join spelling on parameter.parameter = spelling.symbol
inner join {{ ref('monitoring_unit') }} as unit
    on parameter.catalogue_medium = unit.medium and parameter.parameter = unit.symbol and parameter.unit = unit.unit
