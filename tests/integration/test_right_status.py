"""Rights count by the state of their certificate: in force, withdrawn, cancelled, unknown, or none."""

import pytest

from tests.integration.answered_province import answers, province
from tests.integration.checked_subjects import parcel

STATE = "update release.land_right set status = {}, right_type = '{}' where parcel_key = 'land_registry:1'"
RIVAL = (
    "insert into release.land_right (right_key, parcel_key, right_type, party_key, status, is_held, row_hash, "
    "from_release, to_release) select 'rival', 'land_registry:1', 'USE', 'party0', 'IN_FORCE', false, '', "
    "release_id, 9223372036854775807 from release.pointer"
)
ASKED = {
    "HOLDER_MATCHES": ("LT-09", parcel(1, party_key="party1")),
    "SAME_HOLDER": ("LT-06", parcel(1)),
    "LEASE_REGISTERED": ("LT-03", parcel(1)),
    "CERTIFICATE_COVERS_PARCEL": ("LT-09", parcel(1)),
    "CERTIFICATE_IN_FORCE": ("LT-09", parcel(1)),
    "NO_CURRENT_CERTIFICATE": ("LT-01", parcel(1)),
}
# What a withdrawn paper says of the paper is a FAIL; who holds the land now it does not say.
TOLD = {
    "IN_FORCE": ("PASS", "PASS", "PASS", "PASS", "PASS", "FAIL"),
    "WITHDRAWN": ("UNKNOWN", "UNKNOWN", "UNKNOWN", "FAIL", "FAIL", "PASS"),
    "CANCELLED": ("UNKNOWN", "UNKNOWN", "UNKNOWN", "FAIL", "FAIL", "PASS"),
    "UNKNOWN": ("UNKNOWN", "UNKNOWN", "UNKNOWN", "UNKNOWN", "UNKNOWN", "UNKNOWN"),
    None: ("UNKNOWN", "UNKNOWN", "UNKNOWN", "UNKNOWN", "UNKNOWN", "UNKNOWN"),
}


@pytest.fixture(scope="module")
def here(cluster, homes):
    home = homes / "right-status"
    home.mkdir(mode=0o711, exist_ok=True)
    with province(cluster, "right_status", home) as made:
        yield made


def type_of(check: str) -> str:
    """The type of right that the check is about."""
    return "LEASE" if check == "LEASE_REGISTERED" else "USE"


@pytest.mark.parametrize("status", TOLD, ids=str)
def test_a_right_counts_by_its_status(here, status):
    told = {}
    for check, (code, subject) in ASKED.items():
        with here.changed(STATE.format("null" if status is None else f"'{status}'", type_of(check))) as conn:
            told[check] = answers(conn, code, subject)[check]
    assert tuple(result for result, _, _ in told.values()) == TOLD[status], told
    assert all(evidence.get("missing") for result, _, evidence in told.values() if result == "UNKNOWN")


def test_a_right_registered_without_a_certificate_is_a_right(here):
    bare = "update release.land_right set status = 'UNCERTIFIED', certificate_serial = null, right_type = '{}' "
    for check in ("HOLDER_MATCHES", "SAME_HOLDER", "LEASE_REGISTERED", "NO_CURRENT_CERTIFICATE"):
        code, subject = ASKED[check]
        with here.changed(bare.format(type_of(check)) + "where parcel_key = 'land_registry:1'") as conn:
            assert answers(conn, code, subject)[check][0] == "PASS", check


def test_holders_are_compared_by_the_rights_that_count(here):
    def asked(*changes: str) -> tuple[str, str]:
        with here.changed(*changes) as conn:
            found = answers(conn, "LT-09", parcel(1, party_key="party1"))["HOLDER_MATCHES"]
            assert "party" not in str(found[2])
            return found[:2]

    assert asked(STATE.format("'WITHDRAWN'", "USE"), RIVAL) == ("FAIL", "HOLDER_DIFFERS")
    assert asked(STATE.format("'UNKNOWN'", "USE"), RIVAL) == ("UNKNOWN", "HOLDER_NOT_RECORDED")
    nobody = "update release.land_right set party_key = null where parcel_key = 'land_registry:1'"
    assert asked(nobody) == ("UNKNOWN", "HOLDER_NOT_RECORDED")
    assert asked("delete from release.land_right where parcel_key = 'land_registry:1'")[0] == "UNKNOWN"


COUNTED_ALIKE = {"SAME_HOLDER": "LT-06", "LEASE_REGISTERED": "LT-03", "NO_CURRENT_CERTIFICATE": "LT-01"}
COUNTED = """
select answered, unknown from shared.once_only_coverage where procedure_code = %(code)s and check_code = %(check)s
"""
ASK_ALL = """
select count(*) filter (where a.result in ('PASS', 'FAIL')), count(*) filter (where a.result = 'UNKNOWN')
from shared.land_parcel as p, shared.check_procedure(%(code)s, jsonb_build_object('parcel_key', p.parcel_key)) as a
where a.check_code = %(check)s
"""


def test_coverage_counts_rights_as_the_checks_do(here):
    doubts = (
        "update release.land_right set status = 'UNKNOWN' where right_type = 'LEASE' and right_key like '%9'",
        "update release.land_right set party_key = null where right_key like '%8'",
        "delete from release.land_right where right_key like '%70'",
    )
    with here.changed(*doubts) as conn:
        for check, code in COUNTED_ALIKE.items():
            national = conn.execute("select procedure_code from shared.procedure where catalogue_no = %s", (code,))
            asked = conn.execute(ASK_ALL, {"code": code, "check": check}).fetchone()
            counted = conn.execute(COUNTED, {"code": national.fetchone()[0], "check": check}).fetchone()
            assert counted == asked and asked[1] > 0, (check, counted, asked)
