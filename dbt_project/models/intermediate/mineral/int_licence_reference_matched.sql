with licence as (

    select * from {{ ref('stg_mineral_cadastre__licence') }}

),

-- all communes where the one that was stated was divided
stated_commune as (

    select
        licence.licence_key,
        array_agg(distinct 'commune:' || successor.commune_code) as stated_commune_names
    from licence
    inner join {{ ref('int_commune_successor') }} as successor
        on licence.source_commune_code = successor.source_code
        and licence.source_commune_valid_on between successor.valid_from and successor.valid_to
    group by licence.licence_key

),

-- who holds the licence may have the permit for a site elsewhere; a site within the licence may be another's
site_of_licence as (

    select
        licence.licence_key,
        facility.facility_key
    from licence
    inner join {{ ref('facility') }} as facility on licence.holder_tax_code = facility.operator_tax_code
    union
    select
        built.licence_key,
        facility.facility_key
    from {{ ref('int_licence_geometry_built') }} as built
    inner join {{ ref('facility') }} as facility on st_covers(built.geom, facility.geom)
    where built.is_geometry_valid

),

documented_site as (

    select facility_key
    from {{ ref('eia_decision') }}
    where number is not null
    union
    select facility_key
    from {{ ref('environmental_permit') }}
    where status in ('IN_FORCE', 'EXPIRING')

)

select
    licence.licence_key,
    stated_commune.stated_commune_names,
    licence.licence_key in (
        select site.licence_key
        from site_of_licence as site
        inner join documented_site on site.facility_key = documented_site.facility_key
    ) as has_impact_document,
    licence.licence_key in (
        select boundary.licence_key
        from {{ ref('stg_mineral_cadastre__licence_boundary') }} as boundary
        where boundary.has_open_ring
    ) as has_open_boundary,
    licence.licence_type in (select listed.licence_type from {{ ref('licence_type') }} as listed) as is_type_listed,
    licence.mineral_group in (select listed.mineral_group from {{ ref('licensing_level') }} as listed) as is_group_listed
from licence
left join stated_commune on licence.licence_key = stated_commune.licence_key
