with source as (

    select * from {{ source('land_registry', 'parcel') }}
    where _deleted_at is not null

),

renamed as (

    select
        thuadatid as parcel_id,
        'land_registry:' || thuadatid as parcel_key,
        nullif(lower(trim(mathuadat)), '') as parcel_uid,
        dientich as survey_area_m2,
        'land_registry:' || thuagocid as parent_parcel_key,
        (_deleted_at at time zone 'Asia/Ho_Chi_Minh')::date as retired_on
    from source

)

select * from renamed
