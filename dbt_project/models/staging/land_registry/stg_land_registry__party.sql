with source as (

    select
        *,
        regexp_replace(masothue, '[^0-9]', '', 'g') as tax_digits
    from {{ source('land_registry', 'party') }}
    where _deleted_at is null

),

renamed as (

    select
        nguoiid as party_id,
        vpdk as registry_office_code,
        case loai
            when 'CA_NHAN' then 'PERSON'
            when 'HO_GIA_DINH' then 'HOUSEHOLD'
            when 'TO_CHUC' then 'ORGANISATION'
            else 'UNKNOWN'
        end as party_kind,
        raw.pseudonymise(nullif(trim(sogiayto), '')) as identity_hash,
        -- a 12-digit code is a personal identification number: only organisations' codes stay open
        case when loai = 'TO_CHUC' and length(tax_digits) in (10, 13) then tax_digits end as organisation_tax_code,
        case
            when not (loai = 'TO_CHUC' and length(tax_digits) in (10, 13))
                then raw.pseudonymise(nullif(tax_digits, ''))
        end as tax_code_hash,
        case when loai = 'TO_CHUC' then {{ clean_name('tentochuc') }} end as organisation_name,
        coalesce(loai = 'TO_CHUC' and length(tax_digits) not in (0, 10, 13), false) as has_other_tax_code,
        -- a personal identification number of 12 digits, or an identity card of 9; organisations have none
        coalesce(trim(sogiayto) ~ '^(0[0-9]{11}|[0-9]{9})$', loai = 'TO_CHUC') as is_identity_well_formed,
        -- place of birth (a former province), century and sex, year: of a number of 12 digits; the sex is not recorded
        case
            when trim(sogiayto) ~ '^0[0-9]{11}$'
                then substr(trim(sogiayto), 2, 2) in (
                        select place.former_province_code from {{ ref('former_province_meridians') }} as place
                    )
                    and coalesce(
                        {{ year_of_personal_number('trim(sogiayto)') }} = extract(year from ngaysinh),
                        {{ year_of_personal_number('trim(sogiayto)') }} <= extract(year from {{ build_date() }})
                    )
            else true
        end as is_identity_plausible,
        capnhatluc as updated_at,
        _change_no as change_no
    from source

)

select * from renamed
