-- Which parcels each restriction reaches: itself, those of the certificate, those the person holds, that of the asset.
with restriction as (

    select
        register_kind,
        restriction_id,
        subject_type,
        subject_id
    from {{ ref('int_restriction_listed') }}

),

-- one branch per kind of subject: each joins the few restrictions to one register, instead of sorting all registers
reached as (

    select
        restriction.register_kind,
        restriction.restriction_id,
        true as subject_exists,
        parcel.parcel_id
    from restriction
    inner join {{ ref('stg_land_registry__parcel') }} as parcel on restriction.subject_id = parcel.parcel_id
    where restriction.subject_type = 'PARCEL'
    union all
    select
        restriction.register_kind,
        restriction.restriction_id,
        true,
        land_right.parcel_id
    from restriction
    inner join {{ ref('stg_land_registry__certificate') }} as certificate
        on restriction.subject_id = certificate.certificate_id
    left join {{ ref('stg_land_registry__right') }} as land_right
        on restriction.subject_id = land_right.certificate_id
    where restriction.subject_type = 'CERTIFICATE'
    union all
    select
        restriction.register_kind,
        restriction.restriction_id,
        true,
        land_right.parcel_id
    from restriction
    inner join {{ ref('stg_land_registry__party') }} as party on restriction.subject_id = party.party_id
    left join {{ ref('stg_land_registry__right') }} as land_right on restriction.subject_id = land_right.party_id
    where restriction.subject_type = 'PERSON'
    union all
    select
        restriction.register_kind,
        restriction.restriction_id,
        true,
        asset.parcel_id
    from restriction
    inner join {{ ref('stg_land_registry__asset') }} as asset on restriction.subject_id = asset.asset_id
    where restriction.subject_type = 'ASSET'

)

select
    restriction.register_kind,
    restriction.restriction_id,
    coalesce(bool_or(reached.subject_exists), false) as subject_exists,
    coalesce(
        array_agg(distinct parcel.parcel_key) filter (where parcel.parcel_key is not null), '{}'
    ) as parcel_keys
from restriction
left join reached
    on
    restriction.register_kind = reached.register_kind
    and restriction.restriction_id = reached.restriction_id
left join {{ ref('stg_land_registry__parcel') }} as parcel on reached.parcel_id = parcel.parcel_id
group by restriction.register_kind, restriction.restriction_id
