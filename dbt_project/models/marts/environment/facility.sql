with facility as (

    select * from {{ ref('int_facility_located') }}

),

described as (

    select
        facility.facility_key,
        'environment_permits'::text as source_system,
        facility.facility_name as name,
        facility.sector,
        facility.party_key,
        facility.operator_tax_code,
        site.commune_code,
        facility.source_commune_code,
        facility.source_commune_valid_on,
        facility.source_srid,
        null::date as valid_from,
        null::date as valid_to,
        facility.location::geometry (point, 4756) as geom,
        facility.has_location_text,
        facility.is_tax_code_valid,
        site.distance_to_commune_m,
        facility.change_no
    from facility
    left join {{ ref('int_site_commune_resolved') }} as site on facility.facility_key = site.site_key

)

select
    described.*,
    {{ row_hash([
        'facility_key', 'source_system', 'name', 'sector', 'party_key', 'operator_tax_code', 'commune_code',
        'source_commune_code', 'source_commune_valid_on', 'source_srid', 'valid_from', 'valid_to', 'geom',
    ]) }} as row_hash
from described
