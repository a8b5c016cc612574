with source as (

    select * from {{ source('administrative_units', 'legacy_district') }}
    where _deleted_at is null

),

renamed as (

    select
        {{ code_text('ma', 3) }} as unit_code,
        {{ clean_name('ten') }} as full_name,
        nullif(trim(ten_tieng_anh), '') as name_en,
        {{ clean_name('cap') }} as unit_kind,
        {{ code_text('ma_tp', 2) }} as province_code,
        {{ clean_name('tinh_thanh_pho') }} as province_name,
        (ten is distinct from {{ clean_name('ten') }}) as name_repaired,
        _change_no as change_no
    from source

)

select * from renamed
