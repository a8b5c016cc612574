select
    matched.unit_code,
    resolution.resolution_number,
    resolution.resolved_on,
    resolution.name_repaired
from {{ ref('stg_administrative_units__resolution') }} as resolution
inner join {{ ref('int_commune_code_matched') }} as matched on resolution.unit_code = matched.listed_code
