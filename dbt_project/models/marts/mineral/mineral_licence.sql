with licence as (

    select * from {{ ref('stg_mineral_cadastre__licence') }}

),

described as (

    select
        licence.licence_key,
        'mineral_cadastre'::text as source_system,
        licence.number_text,
        parsed.number,
        parsed.symbol,
        parsed.issuer,
        resolved.authority_code,
        resolved.competent_levels,
        parsed.issued_on,
        licence.licence_type,
        licence.mineral_group,
        licence.minerals,
        licence.holder_party_key,
        licence.holder_tax_code,
        site.commune_code,
        licence.source_commune_code,
        licence.source_commune_valid_on,
        licence.area_ha,
        built.computed_area_ha::numeric(14, 4) as computed_area_ha,
        derived.status,
        licence.replaced_by,
        derived.needs_reissue,
        derived.reissue_by,
        licence.valid_from,
        licence.valid_to,
        built.corner_source,
        built.source_srid,
        built.placed_srid,
        built.source_srid_basis,
        misplaced.is_zone_confirmed,
        built.geom::geometry (multipolygon, 4756) as geom,
        parsed.number_count,
        coalesce(built.corner_count, 0) as corner_count,
        coalesce(built.fewest_block_corners, 0) as fewest_block_corners,
        coalesce(built.unreadable_corner_count, 0) as unreadable_corner_count,
        coalesce(built.swapped_corner_count, 0) as swapped_corner_count,
        coalesce(built.prefixed_corner_count, 0) as prefixed_corner_count,
        coalesce(built.implausible_corner_count, 0) as implausible_corner_count,
        coalesce(built.unclosed_block_count, 0) as unclosed_block_count,
        coalesce(built.repeated_corner_count, 0) as repeated_corner_count,
        coalesce(built.zone_count, 0) as zone_count,
        built.coordinate_error,
        built.is_geometry_valid,
        site.distance_to_commune_m,
        misplaced.suggested_srid,
        coalesce(misplaced.is_zone_usual, true) as is_zone_usual,
        coalesce(compared.is_datum_shift_missing, false) as is_datum_shift_missing,
        coalesce(misplaced.is_datum_shift_possible, false) as is_datum_shift_possible,
        outside.outside_commune_share,
        licence.is_tax_code_valid,
        succession.is_successor_known,
        succession.is_in_succession_loop,
        coalesce(overlap.overlap_same_mineral_m2, 0)::double precision as overlap_same_mineral_m2,
        coalesce(overlap.overlap_barring_zone_m2, 0)::double precision as overlap_barring_zone_m2,
        licence.is_holder_stated,
        matched.has_impact_document,
        matched.has_open_boundary,
        coalesce(matched.is_type_listed, false) as is_type_listed,
        matched.is_group_listed,
        coalesce(resolved.is_symbol_known, false) as is_symbol_known,
        coalesce(resolved.n_same_number, 1) as n_same_number,
        term.max_months as max_term_months,
        matched.stated_commune_names,
        compared.boundary_difference_share,
        compared.workbook_difference_share,
        resolved.is_issuer_competent,
        licence.change_no
    from licence
    inner join {{ ref('int_licence_number_parsed') }} as parsed on licence.licence_key = parsed.licence_key
    inner join {{ ref('int_licence_status_derived') }} as derived on licence.licence_key = derived.licence_key
    inner join {{ ref('int_licence_succession_walked') }} as succession
        on licence.licence_key = succession.licence_key
    inner join {{ ref('int_licence_reference_matched') }} as matched on licence.licence_key = matched.licence_key
    left join {{ ref('int_licence_authority_resolved') }} as resolved on licence.licence_key = resolved.licence_key
    left join {{ ref('int_licence_geometry_compared') }} as compared on licence.licence_key = compared.licence_key
    left join {{ ref('int_licence_outside_measured') }} as outside on licence.licence_key = outside.licence_key
    left join {{ ref('int_licence_geometry_built') }} as built on licence.licence_key = built.licence_key
    left join {{ ref('int_licence_overlap_measured') }} as overlap on licence.licence_key = overlap.licence_key
    left join {{ ref('int_site_commune_resolved') }} as site on licence.licence_key = site.site_key
    left join {{ ref('int_site_misplaced') }} as misplaced on licence.licence_key = misplaced.site_key
    left join {{ ref('licence_term') }} as term
        on licence.licence_type = term.licence_type
        and parsed.issued_on between term.valid_from and coalesce(term.valid_to, 'infinity'::date)

)

select
    described.*,
    {{ row_hash([
        'licence_key', 'source_system', 'number_text', 'number', 'symbol', 'issuer', 'authority_code',
        'competent_levels', 'issued_on', 'licence_type', 'mineral_group', 'minerals', 'holder_party_key', 'holder_tax_code', 'commune_code', 'source_commune_code',
        'source_commune_valid_on', 'area_ha', 'computed_area_ha', 'status', 'replaced_by', 'needs_reissue', 'reissue_by',
        'valid_from', 'valid_to', 'corner_source', 'source_srid', 'placed_srid', 'source_srid_basis',
        'is_zone_confirmed', 'geom',
    ]) }} as row_hash
from described
