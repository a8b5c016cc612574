with source as (

    select * from {{ source('land_registry', 'mortgage') }}
    where _deleted_at is null

),

renamed as (

    select
        thechapid as mortgage_id,
        vpdk as registry_office_code,
        gcnid as certificate_id,
        nguoiid as mortgagor_party_id,
        {{ clean_name('bennhanthechap') }} as mortgagee_name,
        {{ clean_name('sodangky') }} as registration_no,
        ngaythechap as registered_on,
        ngayketthuc as agreed_end_on,
        ngayxoa as discharged_on,
        capnhatluc as updated_at,
        _change_no as change_no
    from source

)

select * from renamed
