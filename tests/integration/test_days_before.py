"""Asked of a day before the release: what ended or began since is judged by its dates, or nobody can tell."""

import psycopg
import pytest

from tests.benchmarks.checks_world import TAX_CODE
from tests.integration.answered_province import answers, province
from tests.integration.checked_subjects import parcel

THEN = {"asked_at": "2026-03-01T08:00:00+07:00"}
RIGHT = "update release.land_right set {} where parcel_key = 'land_registry:1'"


@pytest.fixture(scope="module")
def here(cluster, homes):
    home = homes / "days-before"
    home.mkdir(mode=0o711, exist_ok=True)
    with province(cluster, "days_before", home) as made:
        yield made


def told(conn: psycopg.Connection, code: str, check: str, subject: dict) -> tuple[str, str]:
    return answers(conn, code, subject)[check][:2]


def test_a_mortgage_that_ended_nobody_knows_when_is_neither_there_nor_not(here):
    mortgage = "where restriction_key = 'land_registry:R:0'"
    over = f"update release.land_restriction set is_active = false, valid_to = {{}} {mortgage}"
    asked = {
        ("LT-13", "MORTGAGE_KNOWN"): parcel(0),
        ("LT-09", "NO_UNCONSENTED_MORTGAGE"): parcel(0),
        ("LT-10", "MORTGAGE_EXISTS"): parcel(0, mortgage_request="DELETE"),
    }
    unknown = ("UNKNOWN", "END_NOT_RECORDED")
    with here.changed(over.format("null")) as conn:
        for (code, check), subject in asked.items():
            assert told(conn, code, check, subject | THEN) == unknown, check
            assert told(conn, code, check, subject)[1] == "NOT_MORTGAGED", check
        agreed = parcel(0, mortgagee_consent=True) | THEN
        assert told(conn, "LT-09", "NO_UNCONSENTED_MORTGAGE", agreed)[0] == "PASS", "whoever held it agrees"
    with here.changed(over.format("'2026-02-01'")) as conn:
        for (code, check), subject in asked.items():
            assert told(conn, code, check, subject | THEN)[1] == "NOT_MORTGAGED", check
    with here.changed(over.format("'2026-04-01'")) as conn:
        assert told(conn, "LT-10", "MORTGAGE_EXISTS", asked["LT-10", "MORTGAGE_EXISTS"] | THEN)[0] == "PASS"


def test_the_flag_of_a_dispute_says_nothing_of_an_earlier_day(here):
    flagged = "update release.land_parcel set is_disputed = true where parcel_key = 'land_registry:18'"
    seizure = "where restriction_key = 'land_registry:R:18'"
    dispute = f"update release.land_restriction set kind = 'DISPUTE', valid_from = {{}} {seizure}"
    with here.changed(flagged) as conn:
        assert told(conn, "LT-09", "NO_DISPUTE", parcel(18) | THEN) == ("UNKNOWN", "BEGIN_NOT_RECORDED")
        assert told(conn, "LT-09", "NO_DISPUTE", parcel(18)) == ("FAIL", "DISPUTE_IN_FORCE")
    with here.changed(flagged, dispute.format("'2026-02-01'")) as conn:
        assert told(conn, "LT-09", "NO_DISPUTE", parcel(18) | THEN) == ("FAIL", "DISPUTE_IN_FORCE")
    with here.changed(flagged, dispute.format("'2026-04-01'")) as conn:
        assert told(conn, "LT-09", "NO_DISPUTE", parcel(18) | THEN)[0] == "UNKNOWN"
        assert told(conn, "LT-09", "NO_DISPUTE", parcel(18))[0] == "FAIL"


ASKED = {
    "HOLDER_MATCHES": ("LT-09", parcel(1, party_key="party1")),
    "SAME_HOLDER": ("LT-06", parcel(1)),
    "LEASE_REGISTERED": ("LT-03", parcel(1)),
    "CERTIFICATE_COVERS_PARCEL": ("LT-09", parcel(1)),
    "CERTIFICATE_IN_FORCE": ("LT-09", parcel(1)),
    "NO_CURRENT_CERTIFICATE": ("LT-01", parcel(1)),
}


@pytest.mark.parametrize("check", ASKED)
def test_a_certificate_that_came_or_went_since_tells_nothing(here, check):
    code, subject = ASKED[check]
    kind = "LEASE" if check == "LEASE_REGISTERED" else "USE"
    state = RIGHT.format(f"right_type = '{kind}', status = '{{}}', valid_from = {{}}")
    for status, issued, is_doubtful in (
        ("WITHDRAWN", "'2026-01-01'", True),
        ("WITHDRAWN", "null", True),
        ("WITHDRAWN", "'2026-04-01'", False),
        ("IN_FORCE", "'2026-04-01'", True),
        ("IN_FORCE", "'2026-01-01'", False),
        ("IN_FORCE", "null", False),
    ):
        with here.changed(state.format(status, issued)) as conn:
            now = told(conn, code, check, subject)
            assert told(conn, code, check, subject | THEN)[0] == ("UNKNOWN" if is_doubtful else now[0]), (
                status,
                issued,
            )


def test_who_held_the_land_before_is_not_who_holds_it_now(here):
    since = RIGHT.format("valid_from = '2026-04-01'")
    former = parcel(1, organisation_tax_code=TAX_CODE)
    with here.changed(since) as conn:
        assert told(conn, "LT-09", "HOLDER_MATCHES", former)[0] == "FAIL"
        assert told(conn, "LT-09", "HOLDER_MATCHES", former | THEN)[0] == "UNKNOWN"


def test_a_use_that_began_since_is_not_that_of_the_day(here):
    since = "update release.land_parcel_use set valid_from = '{}' where parcel_key = 'land_registry:2'"
    for began, expected in (
        ("2026-04-01", ("UNKNOWN", "USE_BEGAN_LATER")),
        ("2026-02-01", ("FAIL", "USE_NOT_ALLOWED")),
    ):
        with here.changed(since.format(began)) as conn:
            conn.execute(
                'update release.procedure_requirement set parameters = \'{"allowed": ["ONT"]}\' '
                "where check_code = 'LAND_USE_ALLOWED'"
            )
            assert told(conn, "LT-11", "LAND_USE_ALLOWED", parcel(2) | THEN) == expected
            assert told(conn, "LT-11", "LAND_USE_ALLOWED", parcel(2))[0] == "FAIL"


def test_a_serial_that_was_printed_twice_is_that_of_the_parcel(here):
    twin = (
        "update release.land_right set certificate_serial = 'AA 00000001', status = 'WITHDRAWN' "
        "where parcel_key = 'land_registry:2'"
    )
    with here.changed(twin) as conn:
        assert told(conn, "LT-09", "CERTIFICATE_IN_FORCE", parcel(1)) == ("PASS", "CERTIFICATE_IN_FORCE")
        alone = {"certificate_serial": "AA 00000001"}
        assert told(conn, "LT-09", "CERTIFICATE_IN_FORCE", alone) == ("UNKNOWN", "CERTIFICATE_STATUS_UNKNOWN")


def test_a_parcel_that_was_divided_since_was_there(here):
    """One that came of it was not, and nobody can tell what either was like. A new number changes no parcel."""
    changed = (
        "update release.land_parcel_lineage set {} where old_parcel_key = 'land_registry:13'",
        (
            "insert into release.land_parcel_lineage (old_parcel_key, new_parcel_key, effective_on, kind, is_held, "
            "row_hash, from_release, to_release) select 'land_registry:gone', 'land_registry:12', '2026-04-01', "
            "'MERGE', false, '', release_id, 9223372036854775807 from release.pointer"
        ),
    )
    with here.changed(changed[0].format("effective_on = '2026-04-01'"), changed[1]) as conn:
        for key in ("13", "14", "12", "gone"):
            subject = {"parcel_key": f"land_registry:{key}"}
            assert told(conn, "LT-09", "PARCEL_EXISTS", subject | THEN) == ("UNKNOWN", "PARCEL_CHANGED_SINCE"), key
            expected = "FAIL" if key == "gone" else "PASS"
            assert told(conn, "LT-09", "PARCEL_EXISTS", subject)[0] == expected, key
            later = subject | {"asked_at": "2026-04-01T08:00:00+07:00"}
            assert told(conn, "LT-09", "PARCEL_EXISTS", later)[0] == expected, key
        assert told(conn, "LT-09", "PARCEL_EXISTS", {"parcel_key": "land_registry:never"} | THEN)[0] == "FAIL"
    with here.changed(changed[0].format("effective_on = '2026-04-01', kind = 'RENUMBERED'")) as conn:
        assert told(conn, "LT-09", "PARCEL_EXISTS", parcel(14) | THEN)[0] == "PASS"
