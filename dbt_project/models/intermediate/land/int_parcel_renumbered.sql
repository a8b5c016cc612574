-- Parcels that kept their place in the register but bear another number since a later era of communes began: former
-- sheet and number, and the communes in whose books that number may stand. One candidate is the commune; of several
-- none is chosen. A date alone makes no renumbering: without a former number the old key still holds.
with era as materialized (

    select
        valid_from,
        coalesce(valid_to, 'infinity'::date) as valid_to
    from {{ ref('administrative_era') }}
    where valid_from > (select min(first_era.valid_from) from {{ ref('administrative_era') }} as first_era)

),

-- materialised, because the planner expects far more of it than there is and would search it anew for each parcel
predecessor as materialized (

    select
        new_code,
        effective_on,
        array_agg(distinct old_code order by old_code) as old_commune_codes
    from {{ ref('int_administrative_unit_changed') }}
    group by new_code, effective_on

)

select
    parcel.parcel_id,
    parcel.change_no,
    parcel.parcel_key,
    parcel.source_system,
    era.valid_from as effective_on,
    coalesce(predecessor.old_commune_codes, '{}') as old_commune_codes,
    parcel.former_sheet_no as old_sheet_no,
    parcel.former_parcel_no as old_parcel_no,
    parcel.source_commune_code as new_commune_code,
    parcel.sheet_no as new_sheet_no,
    parcel.parcel_no as new_parcel_no
from {{ ref('int_parcel_collected') }} as parcel
inner join era on parcel.source_commune_valid_on between era.valid_from and era.valid_to
left join predecessor
    on parcel.source_commune_code = predecessor.new_code and era.valid_from = predecessor.effective_on
where parcel.parent_parcel_key is null and parcel.former_parcel_no is not null
