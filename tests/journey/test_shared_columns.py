"""Every shared dataset carries where it comes from, how old it is, since and until when it holds, and if it is held."""

import pytest

CARRIED = {
    "source_system": "text",
    "source_as_of": "timestamp with time zone",
    "valid_from": None,  # a day, or the hour of a measurement
    "valid_to": None,
    "is_held": "boolean",
}
# Datasets whose sources state no validity at all, so that nothing is made up.
NO_VALIDITY = {"facility", "monitoring_station", "party"}
# Of checks that no register answers.
NO_SYSTEM = {"procedure_requirement"}
# What consumers were promised of each dataset: a column may be added, and none of these may go.
PROMISED = {
    "administrative_unit": "code valid_from level name full_name parent_code valid_to legal_basis geom",
    "administrative_unit_change": "old_code new_code effective_on kind area_share method",
    "land_parcel": "parcel_key parcel_uid commune_code source_commune_code source_commune_valid_on sheet_no parcel_no "
    "survey_area_m2 legal_area_m2 computed_area_m2 source_srid geom",
    "land_parcel_use": "parcel_key seq land_use_code scheme area_m2 term_until is_main planned_use_code",
    "land_right": "right_key certificate_serial register_no right_type parcel_key party_key share status",
    "land_restriction": "restriction_key subject_type parcel_key kind is_active authority",
    "land_parcel_lineage": "old_parcel_key new_parcel_key effective_on kind",
    "party": "party_key kind organisation_tax_code organisation_name",
    "mineral_licence": "licence_key number symbol issuer issued_on licence_type mineral_group minerals "
    "holder_party_key area_ha computed_area_ha status replaced_by needs_reissue geom",
    "mineral_zone": "zone_key kind legal_basis geom",
    "facility": "facility_key name party_key commune_code geom",
    "environmental_permit": "permit_key number symbol issuer issued_on facility_key project_group status replaced_by "
    "may_be_replaced_by",
    "eia_decision": "decision_key number authority decided_on project project_group facility_key",
    "monitoring_station": "station_key facility_key medium operator commune_code geom",
    "monitoring_hourly": "station_key parameter hour mean unit n_valid n_expected qc_flag limit_value is_exceedance",
    "air_quality_index": "station_key hour vn_aqi level main_parameter",
    "parcel_constraint": "parcel_key constraint_dataset constraint_key kind overlap_area_m2 overlap_share relation",
    "procedure": "procedure_code name_vi sector status valid_from valid_to",
    "procedure_requirement": "procedure_code check_code parameters legal_basis",
    "land_use_type": "land_use_code scheme valid_from valid_to legal_basis",
    "authority": "authority_code valid_from valid_to legal_basis",
    "limit_value": "limit_code valid_from valid_to legal_basis",
}
COLUMNS = """
select c.table_name, c.column_name, c.data_type,
    col_description(format('shared.%I', c.table_name)::regclass, c.ordinal_position)
from information_schema.columns as c inner join shared.dataset_status as d on c.table_name = d.dataset
where c.table_schema = 'shared'
"""


@pytest.fixture(scope="module")
def columns(demonstration) -> dict[str, dict[str, tuple[str, str | None]]]:
    found: dict[str, dict[str, tuple[str, str | None]]] = {}
    for dataset, column, kind, meaning in demonstration.rows(COLUMNS):
        found.setdefault(dataset, {})[column] = (kind, meaning)
    assert len(found) >= 28
    return found


def test_every_dataset_carries_the_five_columns_and_says_what_they_mean(columns):
    lacking = {
        (dataset, name)
        for dataset, its in columns.items()
        for name, kind in CARRIED.items()
        if name not in its or (kind and its[name][0] != kind) or not its[name][1]
    }
    assert not lacking


@pytest.mark.parametrize("dataset", PROMISED)
def test_every_promised_column_is_there(columns, dataset):
    assert set(PROMISED[dataset].split()) <= columns[dataset].keys()


def test_they_are_filled_where_the_sources_say_anything(columns, demonstration):
    query = (
        "select count(*), count(source_system), count(valid_from), count(is_held), count(source_as_of) from shared.{}"
    )
    wrong = {}
    for dataset in columns:
        rows, systems, valid, held, age = demonstration.rows(query.format(dataset))[0]
        told = {
            "source_system": systems == rows or (dataset in NO_SYSTEM and systems > 0),
            "valid_from": valid == 0 if dataset in NO_VALIDITY else valid > 0.9 * rows,
            "is_held": held == rows,
            "source_as_of": age in (0, rows),
        }
        if rows == 0 or not all(told.values()):
            wrong[dataset] = (rows, told)
    assert not wrong


def test_a_right_holds_since_its_certificate_and_a_descent_since_its_day(demonstration):
    assert demonstration.rows(
        "select count(*) from shared.land_right where valid_from is distinct from certificate_issued_on"
    ) == [(0,)]
    assert demonstration.rows(
        "select count(*), count(*) filter (where valid_from = effective_on) = count(*) from shared.land_parcel_lineage"
    )[0][1]
