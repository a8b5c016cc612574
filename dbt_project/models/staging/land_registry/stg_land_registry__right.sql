with source as (

    select * from {{ source('land_registry', 'right') }}
    where _deleted_at is null

),

renamed as (

    select
        quyenid as right_id,
        vpdk as registry_office_code,
        gcnid as certificate_id,
        thuadatid as parcel_id,
        nguoiid as party_id,
        case loaiquyen
            when 'SU_DUNG' then 'USE'
            when 'THUE' then 'LEASE'
            else 'UNKNOWN'
        end as right_type,
        tuso as share_numerator,
        mauso as share_denominator,
        capnhatluc as updated_at,
        _change_no as change_no
    from source

)

select * from renamed
