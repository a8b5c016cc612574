with source as (

    select * from {{ source('land_registry', 'certificate') }}
    where _deleted_at is null

),

renamed as (

    select
        gcnid as certificate_id,
        vpdk as registry_office_code,
        nullif(upper({{ clean_name('sophathanh') }}), '') as certificate_serial,
        {{ clean_name('sovaoso') }} as register_no,
        ngaycap as issued_on,
        {{ clean_name('donvicap') }} as issuer_name,
        case trangthaipl
            when 'HIEU_LUC' then 'IN_FORCE'
            when 'THU_HOI' then 'WITHDRAWN'
            when 'HUY' then 'CANCELLED'
            else 'UNKNOWN'
        end as legal_status,
        capnhatluc as updated_at,
        _change_no as change_no
    from source

)

select * from renamed
