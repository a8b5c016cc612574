{{ config(materialized='table', post_hook='analyze {{ this }}') }}
-- What became of every old unit on the day of the reform: its successors, and how each came about.
with succession as (

    select
        old_code,
        new_code,
        min(match_method) as method
    from {{ ref('int_crosswalk_resolved') }}
    where old_code is not null and new_code is not null
    group by old_code, new_code
    union all
    select distinct
        old_province_code,
        new_province_code,
        'DERIVED_FROM_COMMUNES'
    from {{ ref('int_crosswalk_resolved') }}

),

counted as (

    select
        *,
        count(*) over (partition by old_code) as n_successors,
        count(*) over (partition by new_code) as n_predecessors
    from succession

)

select
    counted.old_code,
    counted.new_code,
    era.valid_from as effective_on,
    case
        when counted.n_successors > 1 then 'SPLIT_PART'
        when counted.n_predecessors > 1 then 'MERGED'
        when
            counted.old_code = counted.new_code
            and {{ name_key('old_unit.full_name') }} = {{ name_key('new_unit.full_name') }} then 'SAME'
        else 'RENAMED'
    end as change_kind,
    -- of a part only where both boundaries are published; those of the old units are not, so far
    case
        when counted.n_successors = 1 then 1
        else round((
                st_area(st_intersection(old_unit.geom, new_unit.geom)::geography)
                / nullif(st_area(old_unit.geom::geography), 0)
            )::numeric, 4)
    end::numeric(5, 4) as area_share,
    counted.method,
    coalesce(new_unit.legal_basis, era.legal_basis) as legal_basis,
    old_unit.unit_code is not null as old_unit_exists,
    new_unit.unit_code is not null as new_unit_exists
from counted
inner join {{ ref('administrative_era') }} as era on era.era = 'reform_2025'
left join {{ ref('int_administrative_unit_listed') }} as old_unit
    on counted.old_code = old_unit.unit_code and old_unit.valid_to = era.valid_from - 1
left join {{ ref('int_administrative_unit_listed') }} as new_unit
    on counted.new_code = new_unit.unit_code and new_unit.valid_from = era.valid_from
