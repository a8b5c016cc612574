select
    matched.unit_code,
    resolution.resolution_number,
    resolution.resolved_on,
    resolution.full_name,
    {{ name_key('resolution.full_name') }} as name_key,
    resolution.name_repaired
from {{ ref('stg_administrative_units__resolution') }} as resolution
inner join {{ ref('int_commune_code_matched') }} as matched on resolution.unit_code = matched.listed_code
