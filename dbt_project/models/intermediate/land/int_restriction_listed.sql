-- Blocks, mortgages and disputes in one form: what kind, on what subject, from when to when.
select
    'BLOCK' as register_kind,
    block_id as restriction_id,
    registry_office_code,
    subject_type,
    subject_id,
    restriction_kind as kind,
    authority_name,
    starts_on,
    ends_on,
    ends_on < starts_on as ends_before_start,
    starts_on <= {{ build_date() }} and coalesce(ends_on >= {{ build_date() }}, true) as is_active
from {{ ref('stg_land_registry__block') }}
union all
select
    'MORTGAGE',
    mortgage_id,
    registry_office_code,
    'CERTIFICATE',
    certificate_id,
    'MORTGAGE',
    null::text,
    registered_on,
    discharged_on,
    least(agreed_end_on, discharged_on) < registered_on,
    -- a mortgage stays registered until it is discharged, whatever end was agreed
    registered_on <= {{ build_date() }} and coalesce(discharged_on > {{ build_date() }}, true)
from {{ ref('stg_land_registry__mortgage') }}
union all
select
    'DISPUTE',
    dispute_id,
    registry_office_code,
    'PARCEL',
    parcel_id,
    'DISPUTE',
    null::text,
    arisen_on,
    closed_on,
    closed_on < arisen_on,
    is_open and arisen_on <= {{ build_date() }} and coalesce(closed_on >= {{ build_date() }}, true)
from {{ ref('stg_land_registry__dispute') }}
