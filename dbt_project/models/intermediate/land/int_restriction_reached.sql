-- Which parcels each restriction reaches: itself, those of the certificate, those the person holds, that of the asset.
with restriction as (

    select
        register_kind,
        restriction_id,
        subject_type,
        subject_id
    from {{ ref('int_restriction_listed') }}

),

subject as (

    select
        'PARCEL' as subject_type,
        parcel_id as subject_id,
        parcel_id
    from {{ ref('stg_land_registry__parcel') }}
    union all
    select
        'CERTIFICATE',
        certificate.certificate_id,
        land_right.parcel_id
    from {{ ref('stg_land_registry__certificate') }} as certificate
    left join {{ ref('stg_land_registry__right') }} as land_right
        on certificate.certificate_id = land_right.certificate_id
    union all
    select
        'PERSON',
        party.party_id,
        land_right.parcel_id
    from {{ ref('stg_land_registry__party') }} as party
    left join {{ ref('stg_land_registry__right') }} as land_right on party.party_id = land_right.party_id
    union all
    select
        'ASSET',
        asset_id,
        parcel_id
    from {{ ref('stg_land_registry__asset') }}

),

parcel as (

    select
        parcel_id,
        parcel_key
    from {{ ref('stg_land_registry__parcel') }}

)

select
    restriction.register_kind,
    restriction.restriction_id,
    count(subject.subject_id) > 0 as subject_exists,
    coalesce(
        array_agg(distinct parcel.parcel_key) filter (where parcel.parcel_key is not null), '{}'
    ) as parcel_keys
from restriction
left join subject
    on restriction.subject_type = subject.subject_type and restriction.subject_id = subject.subject_id
left join parcel on subject.parcel_id = parcel.parcel_id
group by restriction.register_kind, restriction.restriction_id
