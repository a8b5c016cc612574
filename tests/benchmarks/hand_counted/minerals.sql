-- Violations of the mineral datasets and of what they lay on parcels, per rule, counted by hand: one statement for each.

-- mineral_licence
with twice as (
    select distinct l.licence_key
    from warehouse.mineral_licence as l
    inner join warehouse.mineral_licence as twin
        on
        l.licence_key <> twin.licence_key
        and (l.number, l.symbol, l.issuer, l.issued_on) = (twin.number, twin.symbol, twin.issuer, twin.issued_on)
    where (l.authority_code <> twin.authority_code) is not true
)
select
    count(*) filter (where (
        number_text is not null and (number is null or issued_on is not null) and cardinality(minerals) > 0
        and area_ha is not null and fewest_block_corners >= 3
    ) is not true) as m01,
    count(*) filter (where (
        (valid_from is null or issued_on is null or valid_from >= issued_on)
        and (valid_from is null or valid_to is null or valid_to > valid_from)
    ) is not true) as m02,
    count(*) filter (where (
        area_ha is null or geom is null or not is_geometry_valid
        or abs(computed_area_ha - area_ha) <= greatest(0.005 * area_ha, 0.01)
    ) is not true) as m03,
    count(*) filter (where (
        geom is null or not is_geometry_valid or not is_zone_usual or suggested_srid is not null
        or distance_to_commune_m <= 5000
    ) is not true) as m04,
    count(*) filter (where (overlap_same_mineral_m2 <= 100) is not true) as m05,
    count(*) filter (where (overlap_barring_zone_m2 <= 100) is not true) as m06,
    count(*) filter (where is_issuer_competent is false) as m07,
    count(*) filter (where is_tax_code_valid is false) as m08,
    count(*) filter (where (
        licence_type <> 'MINE' or mineral_group = 'IV' or status <> 'IN_FORCE' or has_impact_document
    ) is not true) as m09,
    (select count(*) from twice) as m11,
    count(*) filter (where (is_successor_known and not is_in_succession_loop) is not true) as m13,
    count(*) filter (where number_text is not null and number is null) as m15,
    count(*) filter (where coordinate_error = 'OUT_OF_RANGE' or zone_count > 1) as m16,
    count(*) filter (where coordinate_error = 'UNREADABLE') as m43,
    count(*) filter (where coordinate_error = 'AXES_SWAPPED') as m33,
    count(*) filter (where coordinate_error = 'ZONE_PREFIX') as m34,
    count(*) filter (where coordinate_error = 'DECIMAL_LOST') as m35,
    count(*) filter (where coordinate_error = 'DEGREES') as m36,
    count(*) filter (where not is_zone_usual or suggested_srid is not null) as m37,
    count(*) filter (where
        corner_count > 0 and zone_count <= 1 and coordinate_error is null and placed_srid is null
    ) as m38,
    count(*) filter (where source_srid_basis <> 'STATED') as m39,
    count(*) filter (where not is_zone_confirmed and is_zone_usual and suggested_srid is null) as m40,
    count(*) filter (where is_datum_shift_missing) as m41,
    count(*) filter (where is_datum_shift_possible and not is_datum_shift_missing) as m42,
    count(*) filter (where (geom is null or is_geometry_valid) is not true) as m18,
    count(*) filter (where boundary_difference_share > 0.01 and not is_datum_shift_missing) as m19,
    count(*) filter (where workbook_difference_share > 0.01 and not is_datum_shift_missing) as m20,
    count(*) filter (where (unclosed_block_count = 0) is not true) as m22,
    count(*) filter (where (repeated_corner_count = 0) is not true) as m23,
    count(*) filter (where is_holder_stated is not true) as m24,
    count(*) filter (where valid_to > valid_from + make_interval(months => max_term_months)) as m25,
    count(*) filter (where has_open_boundary is not false) as m27,
    count(*) filter (where status <> 'REPLACED' and (valid_from is null or valid_to is null)) as m28,
    count(*) filter (where not is_type_listed or not is_group_listed) as m29,
    count(*) filter (where number is not null and issued_on is not null and not is_symbol_known) as m30,
    count(*) filter (where
        outside_commune_share > 0.05 and (distance_to_commune_m > 5000) is not true and is_zone_usual
        and suggested_srid is null
    ) as m31
from warehouse.mineral_licence;

-- the licences that are held
create temporary table held_licence as
select licence_key
from warehouse.mineral_licence
where (
    number_text is not null and (number is null or issued_on is not null) and cardinality(minerals) > 0
    and area_ha is not null and fewest_block_corners >= 3
    and (valid_from is null or issued_on is null or valid_from >= issued_on)
    and (valid_from is null or valid_to is null or valid_to > valid_from)
    and (
        area_ha is null or geom is null or not is_geometry_valid
        or abs(computed_area_ha - area_ha) <= greatest(0.005 * area_ha, 0.01)
    )
    and (geom is null or not is_geometry_valid or distance_to_commune_m <= 5000)
    and coordinate_error is null and is_zone_usual and suggested_srid is null and not is_datum_shift_missing
    and (corner_count = 0 or placed_srid is not null)
    and overlap_same_mineral_m2 <= 100
    and is_tax_code_valid is not false
    and is_successor_known and not is_in_succession_loop
    and (number_text is null or number is not null)
    and zone_count <= 1
    and (geom is null or is_geometry_valid)
    and (boundary_difference_share > 0.01) is not true
    and (workbook_difference_share > 0.01) is not true
    and unclosed_block_count = 0
    and is_holder_stated
    and not has_open_boundary
    and (status = 'REPLACED' or num_nulls(valid_from, valid_to) = 0)
    and is_type_listed
    and coalesce(is_group_listed, true)
) is not true
union
select l.licence_key
from warehouse.mineral_licence as l
inner join warehouse.mineral_licence as twin
    on
    l.licence_key <> twin.licence_key
    and (l.number, l.symbol, l.issuer, l.issued_on) = (twin.number, twin.symbol, twin.issuer, twin.issued_on)
where (l.authority_code <> twin.authority_code) is not true;

-- mineral_zone
select
    count(*) filter (where (is_kind_known and is_geometry_valid) is not true) as m17,
    count(*) filter (where (valid_from is not null and (valid_to is null or valid_to >= valid_from)) is not true) as m21,
    count(*) filter (where open_outline is not null) as m26,
    count(*) filter (where outside_register_share > 0) as m44
from warehouse.mineral_zone;

-- protected_area
select
    count(*) filter (where is_kind_known is not true) as b01,
    count(*) filter (where is_geometry_valid is not true) as b02,
    count(*) filter (where coalesce(valid_to, valid_from) < valid_from or valid_from is null) as b03,
    count(*) filter (where open_outline is not null) as b04,
    count(*) filter (where computed_area_ha is not null and (
        stated_area_ha is null
        or computed_area_ha not between
        stated_area_ha - greatest(stated_area_ha / 50, 0.01) and stated_area_ha + greatest(stated_area_ha / 50, 0.01)
    )) as b05,
    count(*) filter (where outside_register_share > 0) as b06
from warehouse.protected_area;

-- mineral_constraint_piece
select count(*) filter (where (st_isvalid(geom) and not st_isempty(geom)) is not true) as t06
from warehouse.mineral_constraint_piece;

-- parcel_constraint
select
    count(*) filter (
        where parcel_key in (select h.parcel_key from held_parcel as h)
            or not exists (select from warehouse.land_parcel as p where p.parcel_key = c.parcel_key)
    ) as c01,
    count(*) filter (where (overlap_share > 0 and overlap_share <= 1.0001) is not true) as c02,
    count(*) filter (where constraint_dataset = 'mineral_licence' and constraint_key not in (
        select l.licence_key from warehouse.mineral_licence as l
        where l.licence_key not in (select h.licence_key from held_licence as h)
    )) as c03,
    count(*) filter (where constraint_dataset = 'mineral_zone' and constraint_key not in (
        select z.zone_key from warehouse.mineral_zone as z
        where z.is_kind_known and z.is_geometry_valid and z.open_outline is null
            and coalesce(z.outside_register_share, 0) = 0
            and z.valid_from is not null and (z.valid_to is null or z.valid_to >= z.valid_from)
    )) as c04,
    count(*) filter (where constraint_dataset = 'protected_area' and not exists (
        select from warehouse.protected_area as a
        where a.protected_area_key = c.constraint_key and a.is_kind_known and a.is_geometry_valid
            and a.open_outline is null and coalesce(a.valid_to, a.valid_from) >= a.valid_from
            and coalesce(a.outside_register_share, 0) = 0
    )) as c05,
    count(*) filter (
        where constraint_dataset = 'mineral_licence' and kind = 'MINE' and relation in ('INSIDE', 'PARTLY')
            and main_land_use_code is distinct from 'SKS'
    ) as m32
from warehouse.parcel_constraint as c;
