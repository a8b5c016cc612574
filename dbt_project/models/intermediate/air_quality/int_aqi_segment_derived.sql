with breakpoint as (

    select * from {{ ref('vn_aqi_breakpoint') }}

),

segment as (

    select
        symbol,
        averaging,
        unit,
        valid_from,
        valid_to,
        is_open,
        concentration as concentration_from,
        lead(concentration) over scale as concentration_to,
        index_value as index_from,
        lead(index_value) over scale as index_to
    from breakpoint
    window scale as (partition by symbol, averaging, valid_from order by step)

)

-- an open scale has its last index for all that is more; one that ends has none
select * from segment
where concentration_to is not null or is_open
