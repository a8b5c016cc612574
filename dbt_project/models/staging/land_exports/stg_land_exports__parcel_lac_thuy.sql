with source as (

    select * from {{ source('land_exports', 'parcel_lac_thuy') }}
    where _deleted_at is null

),

renamed as (

    {{ exported_parcel() }}

)

select * from renamed
