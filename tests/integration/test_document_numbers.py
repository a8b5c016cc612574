"""A document number with its day is that of the day, and nothing that stands beside a number is passed over."""

import psycopg
import pytest

from tests.integration.answered_province import answers, province

TWIN = (
    "update release.mineral_licence set number = '4', issued_on = '2018-05-07' where licence_key = 'mineral_cadastre:8'"
)


@pytest.fixture(scope="module")
def here(cluster, homes):
    home = homes / "document-numbers"
    home.mkdir(mode=0o711, exist_ok=True)
    with province(cluster, "document_numbers", home) as made:
        yield made


@pytest.mark.parametrize(("written", "expected"), [
    ("4/GP-UBND", "PASS"),
    (" 4 / gp- ubnd ", "PASS"),
    ("Số 4/GP-UBND", "PASS"),
    ("Số: 4/GP-UBND ngày 07/4/2020", "UNKNOWN"),
    ("4/GP-UBND ngày 01/01/2026", "PASS"),
    ("4/GP-UBND, 1.1.2026", "PASS"),
    ("4/GP-UBND ngày 01 tháng 01 năm 2026", "PASS"),
    ("4/GP-UBND ngày 07/4/2020", "UNKNOWN"),
    ("4/GP-UBND, 2/1/2026", "UNKNOWN"),
])  # fmt: skip
def test_the_day_beside_a_number_must_be_that_of_the_record(here, written, expected):
    assert here.ask("LT-16", {"licence_number": written})["LICENCE_IN_FORCE"][0] == expected
    permit = {"permit_number": written.upper().replace("4", "3", 1).replace("GP", "GPMT")}
    # permit 3 is in force as well
    assert here.ask("LT-22", permit)["PERMIT_IN_FORCE"][0] == expected


def test_of_two_licences_of_a_number_the_day_tells_which(here):
    with here.changed(TWIN) as conn:
        refused(conn, "LT-16", {"licence_number": "4/GP-UBND"}, "several licences have this number")
        for day, key in (("1/1/2026", "mineral_cadastre:4"), ("07/5/2018", "mineral_cadastre:8")):
            found = answers(conn, "LT-16", {"licence_number": f"4/GP-UBND ngày {day}"})["LICENCE_IN_FORCE"]
            assert (found[0], found[2]["licence_key"]) == ("PASS", key)


@pytest.mark.parametrize("written", [
    "4/GP-UBND tỉnh Yên Bái", "4/GP-UBND ngày 31/02/2026", "4/GP-UBND ngày", "4/GP-UBND 2026", "4",
    "4/GP-UBND ngày 01/01/2026 tỉnh Yên Bái",
])  # fmt: skip
@pytest.mark.parametrize(("procedure", "key"), [
    ("LT-16", "licence_number"), ("LT-22", "permit_number"), ("LT-21", "eia_number"),
])  # fmt: skip
def test_anything_else_beside_a_number_is_refused(here, written, procedure, key):
    with here.changed() as conn:
        refused(conn, procedure, {key: written}, f"{key} of the subject has the wrong form")


def test_a_day_is_not_stated_twice_in_two_ways(here):
    with here.changed() as conn:
        twice = {"licence_number": "4/GP-UBND ngày 01/01/2026", "licence_issued_on": "2018-01-01"}
        refused(conn, "LT-16", twice, "another day")
        by_key = {"licence_key": "mineral_cadastre:4", "licence_number": "4/GP-UBND ngày 07/4/2020"}
        refused(conn, "LT-16", by_key, "licence_key is of another")


def test_the_day_of_a_decision_counts_too(here):
    decided = {"facility_key": "environment_permits:2"}
    for day, result in (("01/01/2025", "PASS"), ("02/01/2025", "UNKNOWN")):
        asked = decided | {"eia_number": f"2/QĐ-UBND ngày {day}"}
        assert here.ask("LT-21", asked)["EIA_DECISION_EXISTS"][0] == result, day


def refused(conn: psycopg.Connection, procedure: str, subject: dict, problem: str) -> None:
    """The question is refused with the problem and with what is accepted."""
    with pytest.raises(psycopg.errors.InvalidParameterValue, match=problem) as error, conn.transaction():
        answers(conn, procedure, subject)
    assert error.value.diag.message_detail.startswith("Accepted: ")
