with corner as (

    select
        collected.*,
        coalesce(collected.source_srid, settled.placed_srid) as placed_srid,
        case when collected.source_srid is null then settled.source_srid_basis else 'STATED' end as source_srid_basis
    from {{ ref('int_licence_corner_collected') }} as collected
    left join {{ ref('int_site_zone_settled') }} as settled on collected.table_id = settled.site_id

),

range as (

    select * from {{ ref('coordinate_range') }}
    where valid_from <= {{ build_date() }} and (valid_to is null or valid_to >= {{ build_date() }})

),

pointed as (

    select
        corner.*,
        range.srid,
        range.northing_min_m,
        range.northing_max_m,
        range.easting_min_m,
        range.easting_max_m,
        st_setsrid(
            st_makepoint(corner.easting_m::double precision, corner.northing_m::double precision),
            coalesce(range.srid, 0)
        ) as stated_point
    from corner
    left join range on corner.placed_srid = range.srid

),

-- what is wrong is said and not put right: a corner that is changed silently is another mine
checked as (

    select
        pointed.*,
        case
            when pointed.stated_point is null then 'UNREADABLE'
            else {{ coordinate_error('pointed.stated_point', 'pointed') }}
        end as coordinate_error
    from pointed

)

select
    licence_key,
    corner_source,
    block_no,
    seq,
    label,
    northing_m,
    easting_m,
    source_srid,
    placed_srid,
    source_srid_basis,
    stated_point,
    coordinate_error,
    coordinate_error is null and srid is not null as is_plausible
from checked
