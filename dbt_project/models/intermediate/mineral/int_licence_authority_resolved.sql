{{ config(materialized='table') }}

with licence as (

    select
        staged.licence_key,
        staged.mineral_group,
        staged.licence_type,
        staged.source_commune_code,
        staged.source_commune_valid_on,
        parsed.number,
        parsed.symbol,
        parsed.issuer,
        parsed.issued_on
    from {{ ref('stg_mineral_cadastre__licence') }} as staged
    inner join {{ ref('int_licence_number_parsed') }} as parsed on staged.licence_key = parsed.licence_key

),

unit as (

    select
        code,
        level,
        parent_code,
        valid_from,
        valid_to
    from {{ ref('administrative_unit') }}

),

-- the number says UBND and not whose: that of the province in which the stated commune lay, if the commune is stated for
-- the same era as the licence; a licence of a dissolved province filed under a commune of today has no certain one
province as (

    select
        licence.licence_key,
        coalesce(district.parent_code, commune.parent_code) as province_code
    from licence
    inner join unit as commune
        on licence.source_commune_code = commune.code
        and commune.level = 'commune'
        and licence.source_commune_valid_on >= commune.valid_from
        and (commune.valid_to is null or licence.source_commune_valid_on <= commune.valid_to)
        and licence.issued_on >= commune.valid_from
        and (commune.valid_to is null or licence.issued_on <= commune.valid_to)
    left join unit as district
        on commune.parent_code = district.code
        and district.level = 'district'
        and commune.valid_from = district.valid_from

),

authority as (

    select
        authority_code,
        abbreviation,
        level,
        valid_from,
        valid_to
    from {{ ref('authority') }}

),

resolved as (

    select
        licence.*,
        authority.authority_code,
        case
            when licence.issuer = 'UBND' then 'PROVINCE'
            when authority.level = 'MINISTRY' then 'MINISTRY'
        end as issuer_level,
        listed.symbol is not null as is_symbol_known
    from licence
    left join province on licence.licence_key = province.licence_key
    -- GP-BTNMT is a symbol until the last day of that ministry
    left join {{ ref('licence_symbol') }} as listed
        on licence.symbol = listed.symbol
        and licence.issuer = listed.issuer
        and licence.issued_on >= listed.valid_from
        and (listed.valid_to is null or licence.issued_on <= listed.valid_to)
    left join authority
        on licence.issuer = authority.abbreviation
        and (authority.level = 'MINISTRY' or authority.authority_code = 'UBND-' || province.province_code)
        and licence.issued_on >= authority.valid_from
        and (authority.valid_to is null or licence.issued_on <= authority.valid_to)

),

allowed as (

    select
        resolved.licence_key,
        licensing.level,
        licensing.condition,
        resolved.issuer_level = licensing.level as is_issuers,
        resolved.issued_on >= licensing.valid_from
        and (licensing.valid_to is null or resolved.issued_on <= licensing.valid_to) as was_allowed,
        licensing.valid_from <= {{ build_date() }}
        and (licensing.valid_to is null or licensing.valid_to >= {{ build_date() }}) as is_allowed
    from resolved
    inner join {{ ref('licensing_level') }} as licensing
        on resolved.mineral_group = licensing.mineral_group and resolved.licence_type = licensing.licence_type

),

judged as (

    select
        licence_key,
        case
            when bool_or(is_issuers and condition is null) filter (where was_allowed) then true
            when not bool_or(is_issuers) filter (where was_allowed) then false
        end as is_issuer_competent,
        array_agg(distinct level order by level) filter (where is_allowed and condition is null) as competent_levels
    from allowed
    group by licence_key

),

-- two provinces may give one number on one day; where it is not certain whose a licence is, it may be either's
repeated as (

    select
        resolved.licence_key,
        count(*) as n_licences
    from resolved
    inner join resolved as other
        on resolved.number = other.number
        and resolved.symbol = other.symbol
        and resolved.issuer = other.issuer
        and resolved.issued_on = other.issued_on
        and coalesce(resolved.authority_code = other.authority_code, true)
    group by resolved.licence_key

)

select
    resolved.licence_key,
    resolved.authority_code,
    resolved.issuer_level,
    resolved.is_symbol_known,
    coalesce(repeated.n_licences, 1)::integer as n_same_number,
    judged.is_issuer_competent,
    judged.competent_levels
from resolved
left join judged on resolved.licence_key = judged.licence_key
left join repeated on resolved.licence_key = repeated.licence_key
