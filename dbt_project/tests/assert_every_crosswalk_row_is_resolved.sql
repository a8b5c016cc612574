-- Fails with the rows of the crosswalk whose old or new unit was found neither by code nor by name.
select row_no
from {{ ref('int_crosswalk_resolved') }}
where old_code is null or new_code is null
