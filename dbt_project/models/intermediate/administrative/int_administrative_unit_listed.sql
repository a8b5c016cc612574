{{ config(materialized='table', post_hook='analyze {{ this }}') }}
-- Every unit of both code lists, each with its era; boundaries only where the sources have them (today's units).
with unit as (

    select
        'before_reform' as era,
        unit_code,
        'commune' as unit_level,
        unit_kind,
        full_name,
        name_en,
        district_code as parent_code,
        name_repaired
    from {{ ref('stg_administrative_units__legacy_ward') }}
    union all
    select
        'before_reform',
        unit_code,
        'district',
        unit_kind,
        full_name,
        name_en,
        province_code,
        name_repaired
    from {{ ref('stg_administrative_units__legacy_district') }}
    union all
    select distinct
        'before_reform',
        province_code,
        'province',
        substring(province_name from '^(Thành phố|Tỉnh) '),
        province_name,
        null::text,
        null::text,
        false
    from {{ ref('stg_administrative_units__legacy_district') }}
    union all
    select
        'reform_2025',
        unit_code,
        unit_level,
        unit_kind,
        full_name,
        name_en,
        case unit_level when 'commune' then province_code end,
        name_repaired
    from {{ ref('stg_administrative_units__unit_2025') }}

),

boundary as (

    select
        unit_code,
        geom
    from {{ ref('stg_administrative_units__province_boundary') }}
    union all
    select
        unit_code,
        geom
    from {{ ref('stg_administrative_units__commune_boundary') }}

)

select
    unit.unit_code,
    era.valid_from,
    era.valid_to,
    era.is_declared as is_valid_from_declared,
    unit.unit_level,
    unit.unit_kind,
    unit.full_name,
    -- the short name is the full name without its kind (`Phường 1` is `1`)
    regexp_replace(unit.full_name, '^' || unit.unit_kind || ' ', '') as unit_name,
    unit.name_en,
    unit.parent_code,
    resolution.resolution_number,
    resolution.resolved_on,
    coalesce(
        'Nghị quyết ' || resolution.resolution_number || ' ngày ' || to_char(resolution.resolved_on, 'DD/MM/YYYY'),
        basis.legal_basis
    ) as legal_basis,
    unit.name_repaired or coalesce(resolution.name_repaired, false) as name_repaired,
    case when resolution.name_key <> {{ name_key('unit.full_name') }} then resolution.full_name end
        as resolution_full_name,
    boundary.geom
from unit
inner join {{ ref('administrative_era') }} as era on unit.era = era.era
left join {{ ref('administrative_legal_basis') }} as basis
    on unit.unit_level = basis.unit_level and era.valid_from = basis.valid_from
left join {{ ref('int_resolution_matched') }} as resolution
    on unit.unit_code = resolution.unit_code and unit.era = 'reform_2025' and unit.unit_level = 'commune'
left join boundary on unit.unit_code = boundary.unit_code and unit.era = 'reform_2025'
