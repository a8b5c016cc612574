with source as (

    select * from {{ source('land_registry', 'asset') }}
    where _deleted_at is null

),

renamed as (

    select
        taisanid as asset_id,
        vpdk as registry_office_code,
        thuadatid as parcel_id,
        case loaitaisan
            when 'NHA_O' then 'HOUSE'
            when 'CONG_TRINH' then 'WORKS'
            when 'CAY_LAU_NAM' then 'PERENNIAL_TREES'
            else 'UNKNOWN'
        end as asset_kind,
        capnhatluc as updated_at,
        _change_no as change_no
    from source

)

select * from renamed
