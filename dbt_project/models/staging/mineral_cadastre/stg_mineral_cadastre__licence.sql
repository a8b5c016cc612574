with source as (

    select * from {{ source('mineral_cadastre', 'licence') }} where _deleted_at is null

),

renamed as (

    select
        'mineral_cadastre:' || giay_phep_id as licence_key,
        giay_phep_id as licence_id,
        {{ clean_name('so_giay_phep') }} as number_text,
        upper(trim(loai)) as licence_type,
        upper(trim(nhom)) as mineral_group,
        array_remove(regexp_split_to_array({{ clean_name('khoang_san') }}, '\s*;\s*'), '') as minerals,
        nullif(trim(chu_giay_phep), '') is not null or nullif(trim(ma_so_thue), '') is not null as is_holder_stated,
        {{ tax_code_digits('ma_so_thue') }} as tax_code_digits,
        {{ clean_name('ma_xa') }} as source_commune_code,
        ma_xa_tu_ngay as source_commune_valid_on,
        dien_tich_ha as area_ha,
        ngay_cap as stated_issued_on,
        hieu_luc_tu as valid_from,
        hieu_luc_den as valid_to,
        'mineral_cadastre:' || thay_the_boi as replaced_by,
        cap_nhat_luc as updated_at,
        _change_no as change_no
    from source

),

-- the digits are judged and then hashed: a code of 12 digits is a person's
pseudonymised as (

    select
        renamed.*,
        {{ is_tax_code_valid('tax_code_digits') }} as is_tax_code_valid,
        {{ organisation_tax_code('tax_code_digits') }} as holder_tax_code,
        raw.pseudonymise(tax_code_digits) as holder_party_key
    from renamed

)

select
    licence_key,
    licence_id,
    number_text,
    licence_type,
    mineral_group,
    minerals,
    source_commune_code,
    source_commune_valid_on,
    area_ha,
    stated_issued_on,
    valid_from,
    valid_to,
    replaced_by,
    is_tax_code_valid,
    holder_tax_code,
    holder_party_key,
    is_holder_stated,
    updated_at,
    change_no
from pseudonymised
