"""A permit that another one may have replaced is neither in force nor replaced: UNKNOWN, and which other one it is."""

import psycopg
import pytest

from tests.integration.answered_province import Province, answers, province

# Facility 3 has permit 3 alone, in force until 2033; permit 9 is another facility's.
PERMIT, NEW = {"permit_key": "environment_permits:3"}, "environment_permits:9"
FACILITY = {"facility_key": "environment_permits:3", "project_group": "II"}
DOUBT = f"update release.environmental_permit set may_be_replaced_by = '{NEW}' where number = '3'"
ALSO = "update release.environmental_permit set facility_key = 'environment_permits:3', {} where number = '{}'"
SET = "update release.environmental_permit set {} where number = '3'"
MISSING = f"which of these permits {NEW} replaced"


@pytest.fixture(scope="module")
def here(cluster, homes):
    home = homes / "permit-replacement"
    home.mkdir(mode=0o711, exist_ok=True)
    with province(cluster, "permit_replacement", home) as made:
        yield made


def told(conn: psycopg.Connection, day: str | None = None, subject: dict | None = None) -> list[tuple]:
    """What is said of the permit: not replaced, in force; and of its facility."""
    when = {"asked_at": f"{day}T08:00:00+07:00"} if day else {}
    permit = answers(conn, "LT-22", (subject or PERMIT) | when)
    facility = answers(conn, "LT-11", FACILITY | when)["FACILITY_PERMITTED"]
    return [permit["PERMIT_NOT_REPLACED"], permit["PERMIT_IN_FORCE"], facility]


def results(*arguments) -> list[str]:
    """The results alone."""
    return [found[0] for found in told(*arguments)]


@pytest.mark.parametrize("status", ["IN_FORCE", "EXPIRING", "UNKNOWN"])
def test_a_permit_that_may_have_been_replaced_is_unknown_and_what_is_missing_is_said(here: Province, status: str):
    with here.changed() as conn:
        assert results(conn) == ["PASS", "PASS", "PASS"]
    with here.changed(SET.format(f"status = '{status}'"), DOUBT) as conn:
        replaced, in_force, facility = told(conn)
        assert replaced[:2] == in_force[:2] == ("UNKNOWN", "REPLACEMENT_UNCLEAR")
        assert replaced[2]["missing"] == in_force[2]["missing"] == facility[2]["missing"] == [MISSING]
        assert replaced[2]["may_be_replaced_by"] == NEW
        assert facility[:2] == ("UNKNOWN", "PERMIT_STATUS_UNKNOWN")
        assert [p["state"] for p in facility[2]["permits"]] == ["REPLACEMENT_UNCLEAR"]
        assert results(conn, None, {"permit_number": "3/GPMT-UBND"})[:2] == ["UNKNOWN", "UNKNOWN"]


def test_what_is_certain_without_the_replacement_is_told(here: Province):
    with here.changed(DOUBT, ALSO.format("status = 'IN_FORCE'", "5")) as conn:
        assert results(conn) == ["UNKNOWN", "UNKNOWN", "PASS"], "the other permit of the facility is not in doubt"
    with here.changed(DOUBT, SET.format("status = 'EXPIRED', valid_to = '2026-06-30'")) as conn:
        assert results(conn) == ["UNKNOWN", "FAIL", "FAIL"], "its term is over either way"
        assert results(conn, "2026-06-30") == ["UNKNOWN", "UNKNOWN", "UNKNOWN"]
        assert told(conn, "2025-12-31")[1][:2] == ("FAIL", "PERMIT_NOT_YET")
    with here.changed(DOUBT, SET.format("status = 'REPLACED', replaced_by = 'environment_permits:8'")) as conn:
        assert results(conn) == ["FAIL", "FAIL", "FAIL"], "another permit did replace it"


def test_of_a_day_before_the_release_nobody_knows_whether_it_was_replaced(here: Province):
    with here.changed(SET.format("status = 'REPLACED'")) as conn:
        assert results(conn) == ["FAIL", "FAIL", "FAIL"]
        replaced, in_force, facility = told(conn, "2026-06-30")
        assert replaced[:2] == in_force[:2] == ("UNKNOWN", "PERMIT_STATUS_UNKNOWN")
        assert facility[0] == "UNKNOWN"
        assert replaced[2]["missing"] == facility[2]["missing"] == ["the day on which it was replaced"]
        assert told(conn, "2025-12-31")[1][:2] == ("FAIL", "PERMIT_NOT_YET"), "it was not issued yet"


def test_a_facility_had_the_permit_that_ended_since(here: Province):
    with here.changed(SET.format("status = 'EXPIRED', valid_to = '2026-06-30'")) as conn:
        assert results(conn, "2026-06-30")[1:] == ["PASS", "PASS"]
        assert results(conn, "2026-07-01")[1:] == results(conn)[1:] == ["FAIL", "FAIL"]
    with here.changed(SET.format("issued_on = '2026-09-01'")) as conn:
        assert results(conn, "2026-08-31")[1:] == ["FAIL", "FAIL"], "issued later"
        assert results(conn, "2026-09-01")[1:] == ["PASS", "PASS"]


@pytest.mark.parametrize("change", ["valid_to = null", "issued_on = null"])
def test_no_permit_passes_without_its_term_and_its_day(here: Province, change: str):
    with here.changed(SET.format(change)) as conn:
        _, in_force, facility = told(conn)
        assert in_force[:2] == ("UNKNOWN", "PERMIT_STATUS_UNKNOWN") and facility[0] == "UNKNOWN"


def test_a_number_without_its_day_is_also_that_of_a_permit_whose_day_is_not_recorded(here: Province):
    undated = "update release.environmental_permit set issued_on = null, status = 'UNKNOWN' where number = '3'"
    number = {"permit_number": "3/GPMT-UBND"}
    with here.changed(undated) as conn:
        assert results(conn, None, number)[1] == "UNKNOWN"
        assert told(conn, None, number)[1][2]["permit_key"] == "environment_permits:3"
        dated = number | {"permit_issued_on": "2026-01-01"}
        assert told(conn, None, dated)[0][:2] == ("UNKNOWN", "PERMIT_NOT_FOUND"), "it may be another one"
    both = "update release.environmental_permit set number = '3' where number = '9'"
    refused = pytest.raises(psycopg.errors.InvalidParameterValue, match="several permits have this number")
    with here.changed(undated, both) as conn, refused:
        answers(conn, "LT-22", number)


def test_a_permit_of_another_facility_is_not_the_one_of_the_dossier(here: Province):
    """Numbers begin anew each year and in each province: that permit 9 is in force says nothing of facility 3."""
    other = {"facility_key": "environment_permits:3"}
    for subject in ({"permit_number": "9/GPMT-UBND"}, {"permit_key": NEW}):
        for check in ("PERMIT_IN_FORCE", "PERMIT_NOT_REPLACED"):
            assert here.ask("LT-22", subject)[check][0] == "PASS"
            result, reason, evidence = here.ask("LT-22", subject | other)[check]
            assert (result, reason) == ("UNKNOWN", "PERMIT_OF_OTHER_FACILITY")
            assert evidence["missing"] and [p["permit_key"] for p in evidence["of_number"]] == [NEW]
    assert here.ask("LT-22", PERMIT | other)["PERMIT_IN_FORCE"][0] == "PASS"
    both = "update release.environmental_permit set number = '3', status = 'EXPIRED' where number = '9'"
    with here.changed(both) as conn:
        named = {"permit_number": "3/GPMT-UBND"} | other
        assert told(conn, None, named)[1][2]["permit_key"] == "environment_permits:3", "of two the one of the facility"
        assert results(conn, None, named)[1] == "PASS"


def test_a_release_from_before_the_column_answers_as_it_did(here: Province):
    with here.changed("alter table release.environmental_permit drop column may_be_replaced_by cascade") as conn:
        assert results(conn) == ["PASS", "PASS", "PASS"]
