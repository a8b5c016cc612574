-- Which parcels each restriction reaches: itself, those of the certificate, those the person holds, that of the asset. Of a
-- parcel that is gone (split, merged, surveyed anew under another id) those that came out of it: a restriction does not end
-- because the register gave the land another number.
with recursive restriction as (

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
        parcel.parcel_id is not null as subject_exists,
        restriction.subject_id as parcel_id
    from restriction
    left join {{ ref('stg_land_registry__parcel') }} as parcel on restriction.subject_id = parcel.parcel_id
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

),

gone as materialized (

    select distinct reached.parcel_id
    from reached
    left join {{ ref('stg_land_registry__parcel') }} as parcel on reached.parcel_id = parcel.parcel_id
    where reached.parcel_id is not null and parcel.parcel_id is null

),

-- read only where a restriction has lost its parcel, and then once
child as materialized (

    select
        parcel_key,
        parent_parcel_key,
        true as is_live
    from {{ ref('int_parcel_collected') }}
    where parent_parcel_key is not null and exists (select 1 from gone)
    union all
    select
        parcel_key,
        parent_parcel_key,
        false as is_live
    from {{ ref('stg_land_registry__parcel_retired') }}
    where parent_parcel_key is not null and exists (select 1 from gone)

),

descended as (

    select
        parcel_id,
        'land_registry:' || parcel_id as parcel_key,
        false as is_live,
        0 as n_steps
    from gone
    union
    select
        descended.parcel_id,
        child.parcel_key,
        child.is_live,
        descended.n_steps + 1
    from descended
    inner join child on descended.parcel_key = child.parent_parcel_key
    -- bounded: two parcels that name each other as parents must not keep a release from ending
    where not descended.is_live and descended.n_steps < 20

),

reached_parcel as (

    select
        reached.register_kind,
        reached.restriction_id,
        reached.subject_exists,
        coalesce(parcel.parcel_key, descended.parcel_key) as parcel_key
    from reached
    left join {{ ref('stg_land_registry__parcel') }} as parcel on reached.parcel_id = parcel.parcel_id
    left join descended on reached.parcel_id = descended.parcel_id and descended.is_live

)

select
    restriction.register_kind,
    restriction.restriction_id,
    coalesce(bool_or(reached_parcel.subject_exists), false) as subject_exists,
    coalesce(
        array_agg(distinct reached_parcel.parcel_key) filter (where reached_parcel.parcel_key is not null), '{}'
    ) as parcel_keys
from restriction
left join reached_parcel
    on
    restriction.register_kind = reached_parcel.register_kind
    and restriction.restriction_id = reached_parcel.restriction_id
group by restriction.register_kind, restriction.restriction_id
