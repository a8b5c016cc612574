with source as (

    select * from {{ source('mineral_cadastre', 'licence_boundary') }} where _deleted_at is null

),

renamed as (

    select
        'mineral_cadastre:' || giay_phep_id as licence_key,
        coalesce(st_isvalid(geom) and not st_isempty(geom), false) as is_geometry_valid,
        st_multi({{ to_vn2000_geographic('geom') }}) as geom,
        _change_no as change_no
    from source

)

select * from renamed
