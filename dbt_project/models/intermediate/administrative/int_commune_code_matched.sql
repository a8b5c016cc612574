-- The codes by which other lists call a commune of 2025, each with today's code: the same, or found by name
-- within the province where the list uses a code that was corrected later (06970 Ba Chẽ is 06978 today).
with listed as (

    select
        new_code as listed_code,
        new_province_code as province_code,
        new_name as full_name
    from {{ ref('stg_administrative_units__crosswalk') }}
    union
    select
        unit_code,
        province_code,
        full_name
    from {{ ref('stg_administrative_units__resolution') }}

),

commune as (

    select
        unit_code,
        province_code,
        {{ name_key('full_name') }} as name_key
    from {{ ref('stg_administrative_units__unit_2025') }}
    where unit_level = 'commune'

),

known as (

    select distinct
        listed.listed_code,
        commune.unit_code,
        'CODE' as match_method
    from listed
    inner join commune on listed.listed_code = commune.unit_code

),

named as (

    select distinct
        listed.listed_code,
        commune.unit_code,
        'NAME' as match_method
    from listed
    inner join commune
        on listed.province_code = commune.province_code and {{ name_key('listed.full_name') }} = commune.name_key
    where not exists (select 1 from known where known.listed_code = listed.listed_code)

)

select * from known
union all
select
    listed_code,
    min(unit_code) as unit_code,
    'NAME' as match_method
from named
group by listed_code
having count(distinct unit_code) = 1
