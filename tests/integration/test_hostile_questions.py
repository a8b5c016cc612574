"""Questions written to get a wrong answer: what only looks like a name, ground below the tolerance, two provinces."""

import unicodedata

import psycopg
import pytest

from tests.integration.answered_province import answers, province
from tests.integration.checked_subjects import number, parcel, square

KEY = "land_registry:1"
WITH_38 = (
    'insert into release.dataset_coverage select (jsonb_populate_record(c, \'{"area_code": "38"}\')).* '
    "from release.dataset_coverage as c where c.area_code = '37'"
)


@pytest.fixture(scope="module")
def here(cluster, homes):
    home = homes / "hostile-questions"
    home.mkdir(mode=0o711, exist_ok=True)
    with province(cluster, "hostile_questions", home) as made:
        yield made


NOT_A_NAME = {
    "a space after the key": {"parcel_key": f"{KEY} "},
    "a space that does not break": {"parcel_key": f"{KEY}\u00a0"},
    "nothing that can be seen": {"parcel_key": "land_registry:\u200b1"},
    "a new line": {"parcel_keys": [KEY, f"{KEY}\n"]},
    "a digit of full width": {"parcel_key": "land_registry:１"},
    "a mark of direction": {"licence_key": "mineral_cadastre:1\u202e"},
    "a code of full width": {"organisation_tax_code": "０１０７０９４９１７"},
    "a code with a blank that does not break": {"organisation_tax_code": "0107\u00a0094917"},
    "a small land use": {"target_land_use_code": "ont"},
    "a serial with a tab": {"certificate_serial": "AA\t00000001"},
    "a plot that is an object": {"parcel": number("90020", "0", {"no": 7})},
    "a plot that is blank": {"parcel": number("90020", "0", "  ")},
    "a shift of 99 hours": {"asked_at": "2026-01-01T00:00:00+99:99"},
    "next to nothing": '{"max_age_hours": 1e-330}',
}


@pytest.mark.parametrize("subject", NOT_A_NAME.values(), ids=NOT_A_NAME)
def test_what_only_looks_like_a_name_is_refused_and_not_missed(here, subject):
    """Looked up, it would not be found: a FAIL against somebody whose parcel is there."""
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="has the wrong form") as refused:
        here.ask("LT-09", subject)
    assert refused.value.diag.message_detail.startswith("Accepted: ")


@pytest.mark.parametrize(("sheet", "plot"), [("0", "7"), (" 00", "07 "), ("0.0", "7."), (0, 7)])
def test_a_number_is_read_as_the_registers_write_it(here, sheet, plot):
    subject = parcel(7) | {"parcel": number("90020", sheet, plot)}
    assert here.ask("LT-05", subject)["PARCEL_NUMBER_MATCHES"][0] == "PASS"
    assert here.ask("LT-09", {"parcel": subject["parcel"]})["PARCEL_EXISTS"][0] == "PASS"
    other = parcel(7) | {"parcel": number("90020", sheet, "70")}
    assert here.ask("LT-05", other)["PARCEL_NUMBER_MATCHES"][0] == "FAIL"


def test_a_number_in_small_letters_is_the_same(here):
    lettered = "update release.land_parcel set sheet_no = 'ĐÔ12' where parcel_key = 'land_registry:7'"
    held = (
        "insert into quality.row_outcome (dataset, record_key, release_id, outcome, rule_ids, custodian, concerns) "
        "select 'land_parcel', 'x', release_id, 'held', '{L03}', 'Sở', '{parcel:90020/ĐÔ12/8}' from release.pointer"
    )
    with here.changed(lettered, held) as conn:
        for sheet in ("ĐÔ12", "đô12", unicodedata.normalize("NFD", "đô12 ")):
            assert answers(conn, "LT-09", {"parcel": number("90020", sheet, "7")})["PARCEL_EXISTS"][0] == "PASS", sheet
            assert answers(conn, "LT-09", {"parcel": number("90020", sheet, "8")})["PARCEL_EXISTS"][0] == "HELD", sheet


def test_ground_smaller_than_the_tolerance_is_not_free_of_what_covers_it(here):
    def tiny(east: float, north: float) -> dict:
        side = 0.000003
        ring = [[east, north], [east + side, north], [east + side, north + side], [east, north + side], [east, north]]
        return {"geometry": {"type": "Polygon", "coordinates": [ring]}, "srid": 4756}

    assert here.ask("LT-14", tiny(105.802, 20.054))["NO_RESERVE_ZONE"][0] == "FAIL"
    assert here.ask("LT-14", tiny(105.6003, 20.0003))["NO_RESERVE_ZONE"][0] == "PASS"
    west, south = square(1)["geometry"]["coordinates"][0][0]
    assert here.ask("LT-01", tiny(west + 0.001, south + 0.001))["NO_PARCEL_OVERLAP"][0] == "FAIL"
    small = "update release.parcel_constraint set overlap_area_m2 = 0.9, overlap_share = {} where parcel_key = '{}'"
    with here.changed() as conn:
        (key,) = conn.execute("select min(parcel_key) from release.parcel_constraint where kind = 'RESERVE'").fetchone()
        for share, result in ((0.9, "FAIL"), (0.01, "PASS")):
            conn.execute(small.format(share, key))
            assert answers(conn, "LT-11", {"parcel_key": key})["NO_RESERVE_ZONE"][0] == result


def test_lots_in_two_provinces_are_measured_by_both(here):
    limits = (
        "update release.procedure_requirement set parameters = '{{\"least_area_m2\": {}}}' "
        "where check_code = 'NEW_LOTS_LARGE_ENOUGH'"
    )
    elsewhere = (
        "update release.administrative_unit set parent_code = '38' where code = '90001' and valid_to is null",
        WITH_38,
        "update release.land_parcel set commune_code = '90001' where parcel_key = 'land_registry:2'",
    )
    subject = {"parcel_keys": ["land_registry:1", "land_registry:2"], "new_areas_m2": [100, 60]}
    for least, expected in (
        ('{"37": 40, "38": 50}', ("PASS", "LOTS_LARGE_ENOUGH")),
        ('{"37": 40, "38": 80}', ("FAIL", "LOT_TOO_SMALL")),
        ('{"37": 40}', ("UNKNOWN", "LIMIT_NOT_LOADED")),
    ):
        with here.changed(*elsewhere, limits.format(least)) as conn:
            assert answers(conn, "LT-06", subject)["NEW_LOTS_LARGE_ENOUGH"][:2] == expected, least


LISTED = (
    "create table release.land_use_type (land_use_code text, from_release bigint, to_release bigint)",
    "grant select on release.land_use_type to lt_checker",
    (
        "insert into release.land_use_type select c, release_id, 9223372036854775807 from release.pointer, "
        "unnest('{ONT,SKC}'::text[]) as c"
    ),
    (
        "insert into release.dataset (dataset, title_vi, title_en, relation, key_columns, sources, owner) "
        "values ('land_use_type', '', '', '', '{}', '{}', '')"
    ),
    "insert into release.dataset_release select 'land_use_type', release_id, 2, 0, 0, 0, 0 from release.pointer",
)


def test_a_use_that_is_in_no_list_differs_from_no_plan(here):
    with here.changed(*LISTED) as conn:
        for code, expected in (
            ("ONT", ("PASS", "PLAN_AGREES")),
            ("SKC", ("FAIL", "PLAN_DIFFERS")),
            ("XYZ", ("UNKNOWN", "TARGET_NOT_KNOWN")),
        ):
            found = answers(conn, "LT-01", parcel(1, target_land_use_code=code))["PLANNED_USE_AGREES"]
            assert found[:2] == expected
