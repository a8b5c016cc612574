with source as (

    select * from {{ source('land_registry', 'parcel') }}
    where _deleted_at is null

),

renamed as (

    select
        thuadatid as parcel_id,
        'land_registry:' || thuadatid as parcel_key,
        'land_registry'::text as source_system,
        vpdk as registry_office_code,
        nullif(lower(trim(mathuadat)), '') as parcel_uid,
        {{ code_text('maxa', 5) }} as source_commune_code,
        maxa_tungay as source_commune_valid_on,
        {{ sheet_number('sohieutobando') }} as sheet_no,
        {{ sheet_number('sothututhua') }} as parcel_no,
        {{ sheet_number('sohieutobandocu') }} as former_sheet_no,
        {{ sheet_number('sothututhuacu') }} as former_parcel_no,
        dientich as survey_area_m2,
        dientichphaply as legal_area_m2,
        ladoituongchiemdat as is_occupying_object,
        dangtranhchap as is_disputed,
        'land_registry:' || thuagocid as parent_parcel_key,
        nullif(hetoado, 0) as source_srid,
        tungay as registered_on,
        capnhatluc as updated_at,
        geom as source_geom,
        _change_no as change_no
    from source

)

select * from renamed
