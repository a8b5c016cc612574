with source as (

    select * from {{ source('land_registry', 'block') }}
    where _deleted_at is null

),

renamed as (

    select
        nganchanid as block_id,
        vpdk as registry_office_code,
        case loaidoituong
            when 'THUA' then 'PARCEL'
            when 'GCN' then 'CERTIFICATE'
            when 'NGUOI' then 'PERSON'
            when 'TAISAN' then 'ASSET'
            else 'UNKNOWN'
        end as subject_type,
        doituongid as subject_id,
        case loainganchan
            when 'KE_BIEN' then 'SEIZURE'
            when 'NGAN_CHAN' then 'BLOCK'
            else 'UNKNOWN'
        end as restriction_kind,
        {{ clean_name('coquan') }} as authority_name,
        ngaybatdau as starts_on,
        ngayketthuc as ends_on,
        capnhatluc as updated_at,
        _change_no as change_no
    from source

)

select * from renamed
