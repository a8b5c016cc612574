with source as (

    select * from {{ source('administrative_units', 'unit_2025') }}
    where _deleted_at is null

),

renamed as (

    select
        level as unit_level,
        {{ code_text('code', "case level when 'province' then 2 else 5 end") }} as unit_code,
        {{ clean_name('name') }} as unit_name,
        {{ clean_name('full_name') }} as full_name,
        nullif(trim(name_en), '') as name_en,
        {{ clean_name('kind') }} as unit_kind,
        {{ code_text('province_code', 2) }} as province_code,
        (full_name is distinct from {{ clean_name('full_name') }}) as name_repaired,
        _change_no as change_no
    from source

)

select * from renamed
