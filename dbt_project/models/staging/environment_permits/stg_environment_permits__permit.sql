with source as (

    select * from {{ source('environment_permits', 'permit') }} where _deleted_at is null

),

renamed as (

    select
        'environment_permits:' || giay_phep_id as permit_key,
        giay_phep_id as permit_id,
        {{ clean_name('so_van_ban') }} as number_text,
        {{ clean_name('co_quan_cap') }} as issuer_text,
        ngay_ky as signed_on,
        'environment_permits:' || co_so_id as facility_key,
        upper(trim(nhom_du_an)) as project_group,
        thoi_han_nam as term_years,
        {{ clean_name('thay_the_cho') }} as replaces_text,
        {{ clean_name('nuoc_thai') }} as waste_water_text,
        {{ clean_name('chat_thai_ran') }} as solid_waste_text,
        cap_nhat_luc as updated_at,
        _change_no as change_no
    from source

)

select * from renamed
