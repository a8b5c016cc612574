{% set published = [
    'right_key', 'source_system', 'registry_office_code', 'certificate_serial', 'register_no', 'certificate_issued_on',
    'right_type', 'parcel_key', 'party_key', 'share', 'share_numerator', 'share_denominator', 'status',
    'valid_from', 'valid_to',
] %}
{% set logic = logic_mark([row_hash(published)]) %}
{{ config(
    materialized='incremental',
    pre_hook='set local enable_mergejoin = off; set local enable_nestloop = off',
    unique_key='right_id',
    incremental_strategy='delete+insert',
    on_schema_change='append_new_columns',
    indexes=[{'columns': ['right_id'], 'unique': true}],
    post_hook=["{{ delete_vanished(ref('stg_land_registry__right'), 'right_id') }}", "{{ analyze_grown() }}"],
) }}
{#- The way to land_parcel is the longest: its next step goes first, and this beside the steps after it. -#}
{%- do ref('int_parcel_geometry_repaired') -%}
-- (Whole registers are compared: joins by hash alone, whatever the planner expects to be left.)
-- A right is written again when its own row, its certificate, its holder, or a fact that others decide is not what was
-- built.
-- both materialised: otherwise every worker counts for itself
with printed_twice as materialized (

    select
        certificate_serial,
        count(*) as n_certificates
    from {{ ref('int_certificate_described') }}
    where legal_status = 'IN_FORCE'
    group by certificate_serial
    having count(*) > 1

),

overshared as materialized (

    select
        parcel_id,
        right_type
    from {{ ref('stg_land_registry__right') }}
    where share_denominator > 0
    group by parcel_id, right_type
    having sum(share_numerator::double precision / share_denominator) > 1.000001

),

changed as (

    select
        land_right.*,
        certificate.certificate_serial,
        certificate.register_no,
        certificate.issued_on,
        certificate.legal_status,
        certificate.change_no as certificate_change_no,
        parcel.parcel_key as known_parcel_key,
        party.party_key,
        coalesce(printed_twice.n_certificates, 1) as n_same_serial,
        overshared.parcel_id is not null as shares_exceed_whole
    from {{ ref('stg_land_registry__right') }} as land_right
    left join {{ ref('int_certificate_described') }} as certificate
        on land_right.certificate_id = certificate.certificate_id
    left join {{ ref('party') }} as party on land_right.party_id = party.party_id
    left join {{ ref('int_parcel_collected') }} as parcel on land_right.parcel_id = parcel.parcel_id
    left join printed_twice
        on certificate.certificate_serial = printed_twice.certificate_serial and certificate.legal_status = 'IN_FORCE'
    left join overshared
        on land_right.parcel_id = overshared.parcel_id and land_right.right_type = overshared.right_type
    {% if is_incremental() %}
    left join {{ this }} as built on land_right.right_id = built.right_id
    where
        built.change_no is distinct from land_right.change_no
        or built.certificate_change_no is distinct from certificate.change_no
        or built.parcel_exists is distinct from (parcel.parcel_key is not null)
        or built.party_key is distinct from party.party_key
        or built.n_same_serial is distinct from coalesce(printed_twice.n_certificates, 1)
        or built.shares_exceed_whole is distinct from (overshared.parcel_id is not null)
        or built.logic_mark is distinct from {{ logic }}
    {% endif %}

),

described as (

    select
        'land_registry:' || right_id as right_key,
        'land_registry'::text as source_system,
        registry_office_code,
        certificate_serial,
        register_no,
        issued_on as certificate_issued_on,
        right_type,
        'land_registry:' || parcel_id as parcel_key,
        party_key,
        round(share_numerator::numeric / nullif(share_denominator, 0), 6)::numeric(9, 6) as share,
        share_numerator,
        share_denominator,
        -- a right may be registered before, or without, a certificate
        case when certificate_id is null then 'UNCERTIFIED' else coalesce(legal_status, 'UNKNOWN') end as status,
        issued_on as valid_from,
        null::date as valid_to,
        right_id,
        known_parcel_key is not null as parcel_exists,
        party_key is not null as party_exists,
        certificate_id is null or certificate_change_no is not null as certificate_exists,
        n_same_serial,
        shares_exceed_whole,
        change_no,
        certificate_change_no,
        {{ logic }}::text as logic_mark
    from changed

)

select
    described.*,
    {{ row_hash(published) }} as row_hash
from described
