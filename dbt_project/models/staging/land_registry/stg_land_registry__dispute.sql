with source as (

    select * from {{ source('land_registry', 'dispute') }}
    where _deleted_at is null

),

renamed as (

    select
        tranhchapid as dispute_id,
        vpdk as registry_office_code,
        thuadatid as parcel_id,
        contranhchap as is_open,
        ngayphatsinh as arisen_on,
        ngayketthuc as closed_on,
        capnhatluc as updated_at,
        _change_no as change_no
    from source

)

select * from renamed
