with source as (

    select * from {{ source('administrative_units', 'crosswalk') }}
    where _deleted_at is null

),

renamed as (

    select
        row_no,
        {{ code_text('old_code', 5) }} as old_code,
        {{ clean_name('old_name') }} as old_name,
        {{ code_text('old_district_code', 3) }} as old_district_code,
        {{ clean_name('old_district') }} as old_district_name,
        {{ code_text('old_province_code', 2) }} as old_province_code,
        {{ clean_name('old_province') }} as old_province_name,
        {{ code_text('new_code', 5) }} as new_code,
        {{ clean_name('new_name') }} as new_name,
        {{ code_text('new_province_code', 2) }} as new_province_code,
        {{ clean_name('new_province') }} as new_province_name,
        is_merged,
        is_divided,
        new_latitude,
        new_longitude,
        new_area_km2 * 1e6 as new_area_m2,
        _change_no as change_no
    from source

)

select * from renamed
