-- Old unit to new commune, codes resolved. A row whose old commune has no code stands for a district without
-- communes (the five island districts): it is found by its name within its province.
with crosswalk as (

    select * from {{ ref('stg_administrative_units__crosswalk') }}

),

district as (

    select
        unit_code,
        province_code,
        {{ name_key('full_name') }} as name_key
    from {{ ref('stg_administrative_units__legacy_district') }}

)

select
    crosswalk.row_no,
    coalesce(ward.unit_code, district.unit_code) as old_code,
    matched.unit_code as new_code,
    coalesce(ward.province_code, crosswalk.old_province_code) as old_province_code,
    crosswalk.new_province_code,
    case
        when ward.unit_code is null or matched.match_method = 'NAME' then 'OFFICIAL_LIST_BY_NAME'
        else 'OFFICIAL_LIST'
    end as match_method
from crosswalk
left join {{ ref('stg_administrative_units__legacy_ward') }} as ward on crosswalk.old_code = ward.unit_code
left join district
    on
    crosswalk.old_code is null
    and crosswalk.old_province_code = district.province_code
    and {{ name_key('crosswalk.old_district_name') }} = district.name_key
left join {{ ref('int_commune_code_matched') }} as matched on crosswalk.new_code = matched.listed_code
