-- Parcels that came from another one, and how: told by the number of parcels that name the same parent, and for an
-- only one by its area against the parent's last one. Null where the parent was never seen.
with child as materialized (

    select
        parcel_id,
        change_no,
        parcel_key,
        source_system,
        parent_parcel_key,
        parcel_uid,
        survey_area_m2,
        source_commune_code,
        sheet_no,
        parcel_no,
        former_sheet_no,
        former_parcel_no,
        registered_on,
        count(*) over (partition by parent_parcel_key) as n_children
    from {{ ref('int_parcel_collected') }}
    where parent_parcel_key is not null

),

-- both materialised: they are few, which the planner cannot know of the retired, and read once
retired as materialized (

    select
        parcel_key,
        parcel_uid,
        survey_area_m2
    from {{ ref('stg_land_registry__parcel_retired') }}

)

select
    child.parcel_id,
    child.change_no,
    child.parent_parcel_key as old_parcel_key,
    child.parcel_key as new_parcel_key,
    child.source_system,
    child.registered_on as effective_on,
    case
        when child.n_children > 1 then 'SPLIT'
        when child.survey_area_m2 > 1.05 * retired.survey_area_m2 then 'MERGE'
        when child.survey_area_m2 < 0.95 * retired.survey_area_m2 then 'SPLIT'
        when retired.survey_area_m2 > 0 then 'RESURVEY'
    end as kind,
    child.former_sheet_no as old_sheet_no,
    child.former_parcel_no as old_parcel_no,
    child.source_commune_code as new_commune_code,
    child.sheet_no as new_sheet_no,
    child.parcel_no as new_parcel_no,
    parent.parcel_id is not null as is_old_in_force,
    coalesce(child.parcel_uid = coalesce(retired.parcel_uid, parent.parcel_uid), false) as is_uid_reused
from child
left join {{ ref('int_parcel_collected') }} as parent on child.parent_parcel_key = parent.parcel_key
left join retired on child.parent_parcel_key = retired.parcel_key
