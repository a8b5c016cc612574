-- Violations of the land datasets, per rule, counted by hand: one statement for each dataset.
-- Of parcels and parties the few rows that break a rule are kept, because the rows that depend on them are held with
-- them: the dataset is still read once.

-- land_parcel, the rows that break any rule
create temporary table failing_parcel as
select
    parcel_key, n_same_number, is_geometry_empty, area_change_share, computed_area_m2, survey_area_m2, overlap_area_m2,
    distance_to_commune_m, n_invalid_codes, legal_area_m2, use_area_m2, parcel_uid, agrees_with_parcel_uid, axes_swapped,
    suggested_srid, is_commune_code_valid_on_date, area_in_medians, is_disputed, n_open_disputes, is_zone_usual,
    coordinate_error, is_datum_shift_missing, placed_srid, source_srid_basis, is_zone_confirmed, smallest_hole_m2,
    n_same_uid, has_open_ring, geometry_repaired
from warehouse.land_parcel
where (
    n_same_number = 1
    and not is_geometry_empty and area_change_share <= 0.000001
    and abs(computed_area_m2 - survey_area_m2) <= greatest(0.01 * survey_area_m2, 2)
    and overlap_area_m2 <= 1
    and (distance_to_commune_m is null or distance_to_commune_m <= 20)
    and n_invalid_codes = 0
    and (legal_area_m2 is null or abs(use_area_m2 - legal_area_m2) <= 0.1)
    and (parcel_uid is null or agrees_with_parcel_uid)
    and not axes_swapped
    and suggested_srid is null
    and is_commune_code_valid_on_date
    and (area_in_medians is null or area_in_medians <= 10)
    and survey_area_m2 > 0
    and (is_disputed is null or is_disputed = (n_open_disputes > 0))
    and is_zone_usual
    and (coordinate_error is null or coordinate_error not in ('DECIMAL_LOST', 'ZONE_PREFIX', 'DEGREES', 'OUT_OF_RANGE'))
    and not is_datum_shift_missing
    and placed_srid is not null
    and (smallest_hole_m2 is null or smallest_hole_m2 >= 0.1)
    and (parcel_uid is null or n_same_uid = 1)
    and not has_open_ring
    and geometry_repaired is distinct from true
    and (source_srid_basis is null or source_srid_basis = 'STATED')
    and is_zone_confirmed
    and distance_to_commune_m is not null
) is not true;

-- land_parcel, counted
select
    count(*) filter (where (n_same_number = 1) is not true) as l01,
    count(*) filter (where (not is_geometry_empty and area_change_share <= 0.000001) is not true) as l02,
    count(*) filter (where (
        abs(computed_area_m2 - survey_area_m2) <= greatest(0.01 * survey_area_m2, 2)
    ) is not true) as l03,
    count(*) filter (where (overlap_area_m2 <= 1) is not true) as l04,
    count(*) filter (where distance_to_commune_m > 500) as l05,
    count(*) filter (where distance_to_commune_m > 20 and distance_to_commune_m <= 500) as l48,
    count(*) filter (where (n_invalid_codes = 0) is not true) as l06,
    count(*) filter (where (
        legal_area_m2 is null or abs(use_area_m2 - legal_area_m2) <= 0.1
    ) is not true) as l07,
    count(*) filter (where (parcel_uid is null or agrees_with_parcel_uid) is not true) as l11,
    count(*) filter (where axes_swapped is not false) as l12,
    count(*) filter (where suggested_srid is not null) as l13,
    count(*) filter (where is_commune_code_valid_on_date is not true) as l14,
    count(*) filter (where area_in_medians > 10) as l15,
    count(*) filter (where (survey_area_m2 > 0) is not true) as l16,
    count(*) filter (where (is_disputed is null or is_disputed = (n_open_disputes > 0)) is not true) as l17,
    count(*) filter (where smallest_hole_m2 < 0.1) as l19,
    count(*) filter (where (parcel_uid is null or n_same_uid = 1) is not true) as l36,
    count(*) filter (where has_open_ring is not false) as l37,
    count(*) filter (where geometry_repaired and not is_geometry_empty and area_change_share <= 0.000001) as l38,
    count(*) filter (where is_zone_usual is not true) as v01,
    count(*) filter (where coordinate_error = 'DECIMAL_LOST') as v02,
    count(*) filter (where coordinate_error = 'ZONE_PREFIX') as v03,
    count(*) filter (where coordinate_error = 'DEGREES') as v04,
    count(*) filter (where coordinate_error = 'OUT_OF_RANGE') as v05,
    count(*) filter (where is_datum_shift_missing is not false) as v06,
    count(*) filter (where placed_srid is null) as v07,
    count(*) filter (where source_srid_basis <> 'STATED') as v08,
    count(*) filter (where is_zone_confirmed is not true) as v09,
    count(*) filter (where (
        distance_to_commune_m is not null or is_geometry_empty or not is_commune_code_valid_on_date
    ) is not true) as v10
from failing_parcel;

-- the parcels that are held
create temporary table held_parcel as
select parcel_key
from failing_parcel
where (
    n_same_number = 1
    and not is_geometry_empty and area_change_share <= 0.000001
    and abs(computed_area_m2 - survey_area_m2) <= greatest(0.01 * survey_area_m2, 2)
    and overlap_area_m2 <= 1
    and (distance_to_commune_m is null or distance_to_commune_m <= 500)
    and n_invalid_codes = 0
    and (legal_area_m2 is null or abs(use_area_m2 - legal_area_m2) <= 0.1)
    and (parcel_uid is null or agrees_with_parcel_uid)
    and not axes_swapped
    and suggested_srid is null
    and is_commune_code_valid_on_date
    and (area_in_medians is null or area_in_medians <= 10)
    and survey_area_m2 > 0
    and is_zone_usual
    and (coordinate_error is null or coordinate_error not in ('DECIMAL_LOST', 'ZONE_PREFIX', 'DEGREES', 'OUT_OF_RANGE'))
    and not is_datum_shift_missing
    and placed_srid is not null
    and (smallest_hole_m2 is null or smallest_hole_m2 >= 0.1)
    and (parcel_uid is null or n_same_uid = 1)
    and not has_open_ring
) is not true;

-- party, the rows that break any rule
create temporary table failing_party as
select
    party_key, kind, is_tax_code_valid, organisation_tax_code, organisation_name, is_identity_well_formed,
    is_identity_plausible
from warehouse.party
where (
    kind <> 'UNKNOWN'
    and (kind <> 'ORGANISATION' or (num_nulls(organisation_tax_code, organisation_name) = 0 and is_tax_code_valid))
    and is_identity_well_formed
    and is_identity_plausible
) is not true;

-- party, counted
select
    count(*) filter (where (kind <> 'UNKNOWN') is not true) as l20,
    count(*) filter (where (kind <> 'ORGANISATION' or is_tax_code_valid) is not true) as l21,
    count(*) filter (where (kind <> 'ORGANISATION' or organisation_name is not null) is not true) as l22,
    count(*) filter (where is_identity_well_formed is not true) as l23,
    count(*) filter (where kind = 'ORGANISATION' and organisation_tax_code is null and is_tax_code_valid) as l46,
    count(*) filter (where is_identity_plausible is not true) as l47
from failing_party;

-- land_right
select
    count(*) filter (where (n_same_serial = 1) is not true) as l08,
    count(*) filter (where parcel_exists is not true) as l24,
    count(*) filter (where party_exists is not true) as l25,
    count(*) filter (where certificate_exists is not true) as l26,
    count(*) filter (where (share_numerator > 0 and share_numerator <= share_denominator) is not true) as l27,
    count(*) filter (where shares_exceed_whole is not false) as l28,
    count(*) filter (where certificate_serial !~ '^[A-ZĐ]{1,2} ?[0-9]{6}([0-9]{2})?$') as l29,
    count(*) filter (where (right_type <> 'UNKNOWN' and status <> 'UNKNOWN') is not true) as l35,
    count(*) filter (where parcel_key in (select h.parcel_key from held_parcel as h)) as h02,
    count(*) filter (where party_key in (
        select f.party_key from failing_party as f
        where (f.kind <> 'UNKNOWN' and (
            f.kind <> 'ORGANISATION' or (f.is_tax_code_valid and f.organisation_name is not null)
        )) is not true
    )) as h03
from warehouse.land_right;

-- land_parcel_use
select
    count(*) filter (where parcel_exists is not true) as l30,
    count(*) filter (where (n_same_seq = 1) is not true) as l31,
    count(*) filter (where is_code_valid is not true) as l32,
    count(*) filter (where planned_use_code not in (
        select t.land_use_code from warehouse.land_use_type as t
        where t.valid_to is null or u.valid_from between t.valid_from and t.valid_to
    )) as l49,
    count(*) filter (where (area_m2 > 0) is not true) as l33,
    count(*) filter (where term_until < valid_from) as l34,
    count(*) filter (where parcel_key in (select h.parcel_key from held_parcel as h)) as h01
from warehouse.land_parcel_use as u;

-- land_parcel_lineage
select
    count(*) filter (where kind is null) as l40,
    count(*) filter (where is_old_in_force is not false) as l41,
    count(*) filter (where (kind = 'RENUMBERED' or old_parcel_key <> new_parcel_key) is not true) as l42,
    count(*) filter (where is_uid_reused is not false) as l43,
    count(*) filter (where (kind <> 'RENUMBERED' or cardinality(old_commune_codes) > 0) is not true) as l44,
    count(*) filter (where new_parcel_key in (select h.parcel_key from held_parcel as h)) as h04
from warehouse.land_parcel_lineage;

-- land_restriction
select
    count(*) filter (where ends_before_start is not false) as l09,
    count(*) filter (where subject_exists is not true) as l10
from warehouse.land_restriction;
