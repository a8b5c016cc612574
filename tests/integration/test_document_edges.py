"""No wrong PASS or FAIL at the edges of documents: successors, branches, days before a release, what is recorded."""

import json

import psycopg
import pytest

from tests.benchmarks.checks_world import TAX_CODE
from tests.integration.answered_province import Province, answers, province
from tests.integration.checked_subjects import parcel

# Licences hold from 2026-01-01 until 2040-01-01; 399 must be issued anew; 44 covers parcel 176.
LICENCE = {"licence_key": "mineral_cadastre:5"}
SET = "update release.mineral_licence set {} where number = '{}'"
DECIDED = {"facility_key": "environment_permits:2", "project_group": "I"}
NO_SHAPE = "update release.land_parcel set geom = null where parcel_key = 'land_registry:{}'"


@pytest.fixture(scope="module")
def here(cluster, homes):
    home = homes / "document-edges"
    home.mkdir(mode=0o711, exist_ok=True)
    with province(cluster, "document_edges", home) as made:
        yield made


def told(conn: psycopg.Connection, check: str, day: str | None = None, subject: dict | None = None) -> tuple:
    """Result and reason of one check of LT-16 about the licence."""
    when = {"asked_at": f"{day}T08:00:00+07:00"} if day else {}
    return answers(conn, "LT-16", (subject or LICENCE) | when)[check][:2]


def test_a_licence_ends_on_the_first_day_of_the_one_that_replaces_it(here: Province):
    """The build says REPLACED from that day on; a question of the same day may come before the next build."""
    named = SET.format("replaced_by = 'mineral_cadastre:6'", 5)
    with here.changed(named, SET.format("valid_from = current_date + 30", 6)) as conn:
        assert told(conn, "LICENCE_IN_FORCE") == ("PASS", "LICENCE_IN_FORCE")
    with here.changed(named, SET.format("valid_from = current_date - 1", 6)) as conn:
        assert told(conn, "LICENCE_IN_FORCE") == ("FAIL", "LICENCE_REPLACED")
        assert told(conn, "LICENCE_IN_FORCE", "2026-06-30") == ("PASS", "LICENCE_IN_FORCE"), "not yet replaced then"
    for change in (SET.format("valid_from = null", 6), "delete from release.mineral_licence where number = '6'"):
        with here.changed(named, change) as conn:
            for status in ("IN_FORCE", "REPLACED"):
                conn.execute(SET.format(f"status = '{status}'", 5))
                found = answers(conn, "LT-16", LICENCE)["LICENCE_IN_FORCE"]
                assert found[:2] == ("UNKNOWN", "LICENCE_STATUS_UNKNOWN")
                assert found[2]["missing"] == ["the licence that replaces it"]
            conn.execute(SET.format("valid_to = '2026-06-30'", 5))
            assert told(conn, "LICENCE_IN_FORCE") == ("FAIL", "LICENCE_REPLACED"), "it is over either way"


def test_a_receipt_names_the_licence_whose_first_day_was_read(here: Province):
    query = "select shared.answer_for_receipt('LT-16', %s) -> 'rows'"
    with here.changed(SET.format("replaced_by = 'mineral_cadastre:6'", 5)) as conn:
        (rows,) = conn.execute(query, [json.dumps(LICENCE)]).fetchone()
    read = [row["record_key"] for row in rows if row["dataset"] == "mineral_licence"]
    assert read == ["mineral_cadastre:5", "mineral_cadastre:6"]


@pytest.mark.parametrize("change", ["valid_to = null", "valid_from = null", "status = 'EXPIRED', valid_to = null"])
def test_no_licence_passes_without_its_term(here: Province, change: str):
    with here.changed(SET.format(change, 5)) as conn:
        for day in ("2026-06-30",) if "EXPIRED" in change else (None, "2026-06-30"):
            assert told(conn, "LICENCE_IN_FORCE", day) == ("UNKNOWN", "LICENCE_STATUS_UNKNOWN"), day


def test_a_licence_whose_type_is_not_recorded_is_not_of_another_type(here: Province):
    with here.changed(SET.format("licence_type = null", 4)) as conn:
        found = answers(conn, "LT-12", {"licence_number": "4/GP-UBND"})["LICENCE_TYPE_FITS"]
        assert found[:2] == ("UNKNOWN", "TYPE_NOT_RECORDED") and found[2]["missing"]


def test_whether_a_licence_must_be_issued_anew_is_told_of_live_licences_alone(here: Province):
    check = "LICENCE_REISSUE_IN_TIME"
    with here.changed() as conn:
        assert told(conn, check) == ("PASS", "NO_REISSUE_NEEDED")
    for change in ("status = 'UNKNOWN'", "issued_on = null", "needs_reissue = true", "needs_reissue = null"):
        with here.changed(SET.format(change, 5)) as conn:
            assert told(conn, check) == ("UNKNOWN", "REISSUE_NOT_TOLD"), change
    with here.changed(SET.format("status = 'EXPIRED', valid_to = '2026-06-30'", 5)) as conn:
        assert told(conn, check) == ("PASS", "NO_REISSUE_NEEDED")
        assert told(conn, check, "2026-06-30") == ("UNKNOWN", "REISSUE_NOT_TOLD"), "it was live then"
    with here.changed(SET.format("needs_reissue = true, reissue_by = '2026-07-01'", 5)) as conn:
        assert told(conn, check, "2026-07-01") == ("PASS", "REISSUE_DUE")
        assert told(conn, check, "2026-07-02") == told(conn, check) == ("FAIL", "REISSUE_OVERDUE")


def test_a_branch_is_neither_the_holder_nor_another_company(here: Province):
    for code, expected in (
        (TAX_CODE, ("PASS", "HOLDER_MATCHES")),
        (f"{TAX_CODE}-001", ("UNKNOWN", "HOLDER_IS_BRANCH")),
        ("0402230476-001", ("FAIL", "HOLDER_DIFFERS")),
    ):
        assert here.ask("LT-16", LICENCE | {"organisation_tax_code": code})["LICENCE_HOLDER_MATCHES"][:2] == expected
    with here.changed(SET.format(f"holder_tax_code = '{TAX_CODE}-001'", 5)) as conn:
        found = answers(conn, "LT-16", LICENCE | {"organisation_tax_code": TAX_CODE})["LICENCE_HOLDER_MATCHES"]
        assert found[:2] == ("UNKNOWN", "HOLDER_IS_BRANCH") and found[2]["missing"]
        for typed in ("-001", "001", " 001"):  # the branch itself, as registers write its code and otherwise
            told_of = answers(conn, "LT-12", LICENCE | {"organisation_tax_code": TAX_CODE + typed})
            assert told_of["LICENCE_HOLDER_MATCHES"][:2] == ("PASS", "HOLDER_MATCHES")
            assert told_of["ORGANISATION_KNOWN"][2]["known_in"] == ["mineral_licence"]
            assert told_of["TAX_CODE_VALID"][2] == {"n_digits": 13}


def test_a_number_without_its_day_is_also_that_of_a_licence_whose_day_is_not_recorded(here: Province):
    number = {"licence_number": "5/GP-UBND"}
    with here.changed(SET.format("issued_on = null", 5)) as conn:
        assert answers(conn, "LT-16", number)["LICENCE_IN_FORCE"][2]["licence_key"] == LICENCE["licence_key"]
        dated = number | {"licence_issued_on": "2026-01-01"}
        assert told(conn, "LICENCE_IN_FORCE", None, dated) == ("UNKNOWN", "LICENCE_NOT_FOUND")
    both = SET.format("issued_on = null, number = '5'", 6)
    refused = pytest.raises(psycopg.errors.InvalidParameterValue, match="several licences have this number")
    with here.changed(both) as conn, refused:
        answers(conn, "LT-16", number)


def test_a_parcel_without_a_boundary_is_not_elsewhere(here: Province):
    covered = parcel(176, licence_key="mineral_cadastre:44")
    uncovered = "delete from release.parcel_constraint where parcel_key = 'land_registry:176'"
    with here.changed(uncovered, NO_SHAPE.format(176)) as conn:
        found = answers(conn, "LT-12", covered)["LICENCE_COVERS_PARCELS"]
        assert found[:2] == ("UNKNOWN", "PARCEL_AREA_NOT_KNOWN") and found[2]["missing"]
    both = {"parcel_keys": ["land_registry:1", "land_registry:176"], "licence_key": "mineral_cadastre:44"}
    with here.changed(uncovered, NO_SHAPE.format(176)) as conn:
        assert answers(conn, "LT-12", both)["LICENCE_COVERS_PARCELS"][0] == "FAIL", "parcel 1 lies outside"
    far = parcel(500, facility_key="environment_permits:1")
    with here.changed(NO_SHAPE.format(500)) as conn:
        found = answers(conn, "LT-21", far)["FACILITY_ON_PARCEL"]
        assert found[:2] == ("UNKNOWN", "PARCEL_AREA_NOT_KNOWN") and found[2]["missing"]


def test_a_decision_exists_from_its_day_on(here: Province):
    later = "update release.eia_decision set decided_on = '2026-09-01' where facility_key = 'environment_permits:2'"
    grouped = "update release.environmental_permit set project_group = 'I' where number = '2'"
    with here.changed(later, grouped, "update release.eia_decision set project_group = 'I'") as conn:
        for day, expected in (("2026-08-31", "FAIL"), ("2026-09-01", "PASS")):
            asked = DECIDED | {"asked_at": f"{day}T08:00:00+07:00"}
            assert answers(conn, "LT-15", asked)["EIA_DECISION_EXISTS"][0] == expected, day
        assert answers(conn, "LT-15", DECIDED)["EIA_DECISION_EXISTS"][0] == "PASS"
