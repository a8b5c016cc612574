with corner as (

    select
        licence_key,
        'CADASTRE'::text as corner_source,
        block_no,
        seq,
        label,
        northing_m,
        easting_m,
        source_srid
    from {{ ref('stg_mineral_cadastre__licence_corner') }}
    union all
    select
        matched.licence_key,
        'WORKBOOK',
        workbook.block_no,
        workbook.seq,
        workbook.label,
        workbook.northing_m,
        workbook.easting_m,
        workbook.source_srid
    from {{ ref('stg_mineral_workbooks__licence_corner') }} as workbook
    inner join {{ ref('int_workbook_licence_matched') }} as matched
        on workbook.number_text = matched.number_text
    where matched.licence_key is not null

),

range as (

    select * from {{ ref('coordinate_range') }}
    where valid_from <= {{ build_date() }} and (valid_to is null or valid_to >= {{ build_date() }})

),

-- what is wrong is said and not put right: a corner that is changed silently is another mine
checked as (

    select
        corner.*,
        corner.northing_m is null or corner.easting_m is null as is_unreadable,
        coalesce(
            corner.northing_m between range.easting_min_m and range.easting_max_m
            and corner.easting_m between range.northing_min_m and range.northing_max_m, false
        ) as is_swapped,
        coalesce(
            corner.northing_m between range.northing_min_m and range.northing_max_m
            and corner.easting_m > 1000000
            and mod(corner.easting_m, 1000000) between range.easting_min_m and range.easting_max_m, false
        ) as is_prefixed,
        coalesce(
            corner.northing_m between range.northing_min_m and range.northing_max_m
            and corner.easting_m between range.easting_min_m and range.easting_max_m, false
        ) as is_plausible
    from corner
    left join range on corner.source_srid = range.srid

)

select * from checked
