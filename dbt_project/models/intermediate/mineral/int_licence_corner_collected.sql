-- The corners of both tables; those of the workbook only where a licence fits its number. One table of one licence is
-- read with one zone, which is settled for `table_id`.
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

)

select
    *,
    licence_key || ' ' || corner_source as table_id
from corner
