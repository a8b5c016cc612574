with source as (

    select
        _change_no,
        code,
        name,
        full_name,
        area_km2,
        {{ to_vn2000_geographic('geom') }} as placed_geom
    from {{ source('administrative_units', 'province_boundary') }}
    where _deleted_at is null
    offset 0

),

renamed as (

    select
        {{ code_text('code', 2) }} as unit_code,
        {{ clean_name('full_name') }} as full_name,
        area_km2 as listed_area_km2,
        _change_no as change_no,
        {{ repair_geometry('placed_geom') }}
    from source

)

select * from renamed
