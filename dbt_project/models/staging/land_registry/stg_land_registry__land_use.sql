with source as (

    select * from {{ source('land_registry', 'land_use') }}
    where _deleted_at is null

),

renamed as (

    select
        mdsdid as land_use_id,
        vpdk as registry_office_code,
        thuadatid as parcel_id,
        sothutumdsd as seq,
        nullif(upper(trim(mucdichsudung)), '') as land_use_code,
        nullif(upper(trim(mucdichsudungqh)), '') as planned_use_code,
        dientich as area_m2,
        normalize(thoihansudung, nfc) as term_text,
        tungay as used_since_on,
        denngay as term_until,
        lamucdichchinh as is_main,
        capnhatluc as updated_at,
        _change_no as change_no
    from source

)

select * from renamed
