with source as (

    select * from {{ source('administrative_units', 'resolution') }}
    where _deleted_at is null

),

renamed as (

    select
        {{ code_text('code', 5) }} as unit_code,
        {{ clean_name('name') }} as full_name,
        {{ code_text('province_code', 2) }} as province_code,
        {{ clean_name('province_name') }} as province_name,
        substring(decree from '([0-9]+/[^;[:space:]]+)') as resolution_number,
        to_date(substring(decree from '([0-9]{1,2}/[0-9]{1,2}/[0-9]{4})'), 'DD/MM/YYYY') as resolved_on,
        (name is distinct from {{ clean_name('name') }}) as name_repaired,
        _change_no as change_no
    from source

)

select * from renamed
