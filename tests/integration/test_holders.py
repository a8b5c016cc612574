"""Who holds land: the right that the procedure is about, the whole of it, and not the lease beside it."""

import pytest

from tests.integration.answered_province import answers, province

OWNED = {"parcel_key": "land_registry:1"}
LET = """
insert into release.land_right (right_key, parcel_key, right_type, party_key, status, is_held, row_hash,
    from_release, to_release)
select 'let:{number}', 'land_registry:{number}', '{right_type}', 'tenant', 'UNCERTIFIED', false, '', p.release_id,
    9223372036854775807
from release.pointer as p
"""
SHARE = "update release.land_right set share = {} where parcel_key = 'land_registry:1' and party_key = '{}'"
COMPANY = """
insert into release.party (party_key, kind, organisation_tax_code, organisation_name, is_held, row_hash, from_release,
    to_release)
select '{}', 'ORGANISATION', '{}', 'Công ty', false, '', p.release_id, 9223372036854775807 from release.pointer as p
"""
TENANT = COMPANY.format("tenant", "0402230476")
BOTH = {"parcel_keys": ["land_registry:1", "land_registry:2"]}
ONE_OWNER = "update release.land_right set party_key = 'party1' where parcel_key = 'land_registry:2'"


@pytest.fixture(scope="module")
def here(cluster, homes):
    home = homes / "holders"
    home.mkdir(mode=0o711, exist_ok=True)
    with province(cluster, "holders", home) as made:
        yield made


def test_a_tenant_does_not_hold_the_land_that_he_rents(here):
    with here.changed(TENANT, LET.format(number=1, right_type="LEASE")) as conn:
        for procedure, party, expected in (
            ("LT-09", "tenant", ("FAIL", "HOLDER_DIFFERS")),
            ("LT-10", "tenant", ("FAIL", "HOLDER_DIFFERS")),
            ("LT-03", "tenant", ("PASS", "HOLDER_MATCHES")),
            ("LT-09", "party1", ("PASS", "HOLDER_MATCHES")),
            ("LT-03", "party1", ("PASS", "HOLDER_MATCHES")),  # either party asks that a lease be struck off
            ("LT-03", "party0", ("FAIL", "HOLDER_DIFFERS")),
            ("LT-03", "party2", ("UNKNOWN", "HOLDERS_NOT_TOLD_APART")),  # may be the person party1, entered twice
        ):
            found = answers(conn, procedure, OWNED | {"party_key": party})["HOLDER_MATCHES"]
            assert found[:2] == expected, (procedure, party)
    leased_only = {"parcel_key": "land_registry:4", "party_key": "party4"}
    assert here.ask("LT-09", leased_only)["HOLDER_MATCHES"][:2] == ("UNKNOWN", "HOLDER_NOT_RECORDED")


def test_a_right_of_no_known_type_decides_nothing(here):
    with here.changed(LET.format(number=1, right_type="UNKNOWN")) as conn:
        found = answers(conn, "LT-09", OWNED | {"party_key": "tenant"})["HOLDER_MATCHES"]
        assert found[:2] == ("UNKNOWN", "HOLDER_NOT_RECORDED")


def test_of_several_holders_one_alone_is_not_enough(here):
    second = LET.format(number=1, right_type="USE")
    asked = OWNED | {"party_key": "party1"}
    with here.changed(second, SHARE.format(0.25, "party1"), SHARE.format(0.75, "tenant")) as conn:
        result, reason, evidence = answers(conn, "LT-09", asked)["HOLDER_MATCHES"]
        assert (result, reason) == ("UNKNOWN", "CO_HOLDERS")
        assert evidence["shares"] == [{"parcel_key": "land_registry:1", "share": 0.25}] and evidence["missing"]
        conn.execute("update release.land_right set party_key = 'party1' where right_key = 'let:1'")
        assert answers(conn, "LT-09", asked)["HOLDER_MATCHES"][:2] == ("PASS", "HOLDER_MATCHES")


def test_of_spouses_without_shares_one_alone_is_not_enough(here):
    """Each is recorded with the whole of it: two rights of one type are not the whole of either."""
    asked = OWNED | {"party_key": "party1"}
    second = LET.format(number=1, right_type="USE")
    for more in (
        "select 1",
        SHARE.format(1, "party1"),
        "update release.land_right set party_key = null where party_key = 'tenant'",
    ):
        with here.changed(second, more) as conn:
            result, reason, evidence = answers(conn, "LT-09", asked)["HOLDER_MATCHES"]
            assert (result, reason) == ("UNKNOWN", "CO_HOLDERS"), more
            assert evidence["shares"] == [{"parcel_key": "land_registry:1", "share": 1}] and evidence["missing"]
    for right_type in ("UNKNOWN", "LEASE"):
        with here.changed(LET.format(number=1, right_type=right_type)) as conn:
            found = answers(conn, "LT-09", asked)["HOLDER_MATCHES"][:2]
            assert found == (("PASS", "HOLDER_MATCHES") if right_type == "LEASE" else ("UNKNOWN", "CO_HOLDERS"))
    half_of_each = (
        LET.format(number=1, right_type="LEASE").replace("'tenant'", "'party1'"),
        SHARE.format(0.5, "party1"),
    )
    with here.changed(*half_of_each) as conn:
        found = answers(conn, "LT-03", asked)["HOLDER_MATCHES"]
        assert found[:2] == ("UNKNOWN", "CO_HOLDERS"), "half of the land and half of the lease are not the whole"


def test_a_lessee_does_not_make_two_parcels_of_one_owner_different(here):
    with here.changed(ONE_OWNER, LET.format(number=2, right_type="LEASE")) as conn:
        assert answers(conn, "LT-06", BOTH)["SAME_HOLDER"][:2] == ("PASS", "SAME_HOLDER")
    with here.changed(TENANT, ONE_OWNER, LET.format(number=2, right_type="USE")) as conn:
        assert answers(conn, "LT-06", BOTH)["SAME_HOLDER"][:2] == ("FAIL", "HOLDERS_DIFFER")
