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
        facility.placed_srid,
        facility.source_srid_basis,
        misplaced.is_zone_confirmed,
        null::date as valid_from,
        null::date as valid_to,
        facility.location::geometry (point, 4756) as geom,
        facility.has_location_text,
        facility.coordinate_error,
        facility.is_tax_code_valid,
        site.distance_to_commune_m,
        misplaced.suggested_srid,
        misplaced.is_zone_usual,
        misplaced.is_datum_shift_missing,
        misplaced.is_datum_shift_possible,
        facility.change_no
    from facility
    left join {{ ref('int_site_commune_resolved') }} as site on facility.facility_key = site.site_key
    inner join {{ ref('int_site_misplaced') }} as misplaced on facility.facility_key = misplaced.site_key

)

select
    described.*,
    {{ row_hash([
        'facility_key', 'source_system', 'name', 'sector', 'party_key', 'operator_tax_code', 'commune_code',
        'source_commune_code', 'source_commune_valid_on', 'source_srid',
        'placed_srid', 'source_srid_basis', 'is_zone_confirmed', 'valid_from', 'valid_to', 'geom',
    ]) }} as row_hash
from described
