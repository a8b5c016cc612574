with source as (

    select * from {{ source('environment_permits', 'facility') }} where _deleted_at is null

),

renamed as (

    select
        'environment_permits:' || co_so_id as facility_key,
        co_so_id as facility_id,
        {{ clean_name('ten_co_so') }} as facility_name,
        {{ clean_name('nganh') }} as sector,
        {{ tax_code_digits('ma_so_thue') }} as tax_code_digits,
        {{ clean_name('ma_xa') }} as source_commune_code,
        ma_xa_tu_ngay as source_commune_valid_on,
        nullif(trim(x), '') is not null or nullif(trim(y), '') is not null as has_location_text,
        {{ vn_number('x') }} as northing_m,
        {{ vn_number('y') }} as easting_m,
        nullif(he_toa_do, 0) as source_srid,
        cap_nhat_luc as updated_at,
        _change_no as change_no
    from source

),

-- the digits are judged and then hashed: a code of 12 digits is a person's
pseudonymised as (

    select
        facility_key, facility_id, facility_name, sector, source_commune_code, source_commune_valid_on,
        has_location_text, northing_m, easting_m, source_srid, updated_at, change_no,
        {{ is_tax_code_valid('tax_code_digits') }} as is_tax_code_valid,
        {{ organisation_tax_code('tax_code_digits') }} as operator_tax_code,
        raw.pseudonymise(tax_code_digits) as party_key
    from renamed

)

select * from pseudonymised
