with source as (

    select * from {{ source('environment_permits', 'eia_decision') }} where _deleted_at is null

),

renamed as (

    select
        'environment_permits:' || quyet_dinh_id as decision_key,
        quyet_dinh_id as decision_id,
        {{ clean_name('so_quyet_dinh') }} as number_text,
        {{ clean_name('co_quan_phe_duyet') }} as authority,
        ngay_phe_duyet as recorded_on,
        {{ clean_name('ten_du_an') }} as project,
        upper(trim(nhom_du_an)) as project_group,
        'environment_permits:' || co_so_id as facility_key,
        cap_nhat_luc as updated_at,
        _change_no as change_no
    from source

)

select * from renamed
