"""A subject that names one thing in two ways: all is asked, or the question is refused; nothing is passed over."""

import psycopg
import pytest

from tests.benchmarks.checks_world import TAX_CODE
from tests.integration.answered_province import answers, province
from tests.integration.checked_subjects import number, parcel

FREE, SEIZED = "land_registry:1", "land_registry:18"
UID = "update release.land_parcel set parcel_uid = 'w7er8u0k9{:03d}' where parcel_key = 'land_registry:{}'"


@pytest.fixture(scope="module")
def here(cluster, homes):
    home = homes / "named-twice"
    home.mkdir(mode=0o711, exist_ok=True)
    with province(cluster, "named_twice", home) as made:
        yield made


def test_a_parcel_beside_a_list_of_parcels_is_asked_with_them(here):
    for subject in (
        {"parcel_key": FREE, "parcel_keys": [FREE, SEIZED]},
        {"parcel_key": SEIZED, "parcel_keys": [FREE]},
    ):
        found = here.ask("LT-09", subject)
        assert found["NO_SEIZURE"][:2] == ("FAIL", "SEIZURE_IN_FORCE"), subject
        assert found["PARCEL_EXISTS"][0] == "PASS"
    assert here.ask("LT-09", {"parcel_key": FREE, "parcel_keys": [FREE]})["NO_SEIZURE"][0] == "PASS"
    unknown = here.ask("LT-09", {"parcel_key": FREE, "parcel_keys": ["land_registry:999999"]})
    assert unknown["NO_SEIZURE"][:2] == ("UNKNOWN", "PARCEL_NOT_FOUND")


def test_names_of_different_parcels_are_refused(here):
    free_uid, seized_uid = "w7er8u0k9001", "w7er8u0k9018"
    numbered = {"parcel": number("90020", "0", "7")}
    with here.changed(UID.format(1, 1), UID.format(18, 18)) as conn:
        same = {"parcel_key": FREE, "parcel_uid": free_uid}
        assert answers(conn, "LT-09", same)["NO_SEIZURE"][0] == "PASS"
        assert answers(conn, "LT-09", parcel(7) | numbered)["PARCEL_EXISTS"][0] == "PASS"
        listed = {"parcel_keys": [FREE, SEIZED], "parcel_uid": seized_uid}
        assert answers(conn, "LT-09", listed)["NO_SEIZURE"][0] == "FAIL"
        for subject in (
            {"parcel_key": FREE, "parcel_uid": seized_uid},
            {"parcel_key": FREE} | numbered,
            {"parcel_uid": free_uid} | numbered,
            {"parcel_keys": [FREE, SEIZED]} | numbered,
        ):
            refused(conn, "LT-09", subject, "of another parcel")


def test_where_the_number_is_compared_a_number_that_differs_is_a_fail(here):
    differs = parcel(1) | {"parcel": number("90020", "0", "7")}
    assert here.ask("LT-05", differs)["PARCEL_NUMBER_MATCHES"][0] == "FAIL"
    with here.changed() as conn:
        refused(conn, "LT-05", differs | {"checks": ["PARCEL_EXISTS"]}, "of another parcel")


@pytest.mark.parametrize(("procedure", "check", "key", "numbered"), [
    ("LT-16", "LICENCE_IN_FORCE", {"licence_key": "mineral_cadastre:4"}, "licence_number"),
    ("LT-22", "PERMIT_NOT_REPLACED", {"permit_key": "environment_permits:3"}, "permit_number"),
])  # fmt: skip
def test_a_key_and_a_number_of_different_documents_are_refused(here, procedure, check, key, numbered):
    symbol, own, other = ("GP", 4, 5) if numbered == "licence_number" else ("GPMT", 3, 5)
    issued = numbered.replace("number", "issued_on")
    assert here.ask(procedure, key | {numbered: f"{own}/{symbol}-UBND", issued: "2026-01-01"})[check][0] == "PASS"
    with here.changed() as conn:
        refused(conn, procedure, key | {numbered: f"{other}/{symbol}-UBND"}, "_key is of another")
        refused(conn, procedure, key | {issued: "2018-01-01"}, "_key is of another")


def test_a_party_and_a_tax_code_of_another_are_refused(here):
    """Party 0 holds parcel 0 and is the only one with a code; another code beside its key is of another party."""
    by_key, other = {"party_key": "party0"}, {"organisation_tax_code": "0100233488"}
    coded = "update release.party set organisation_tax_code = '0100233488' where party_key = 'party25'"
    with here.changed(coded) as conn:

        def told(**named: str) -> tuple[str, str]:
            return answers(conn, "LT-09", parcel(0, **named))["HOLDER_MATCHES"][:2]

        assert told(**by_key) == told(organisation_tax_code=TAX_CODE) == ("PASS", "HOLDER_MATCHES")
        assert told(**by_key, organisation_tax_code=f"MST: {TAX_CODE}") == ("PASS", "HOLDER_MATCHES")
        for named in (
            by_key | other,
            by_key | {"organisation_tax_code": "0402230476"},
            {"party_key": "party1"} | other,
            {"party_key": "party1", "organisation_tax_code": TAX_CODE},
        ):
            refused(conn, "LT-09", parcel(0, **named), "party_key is of another party")
        for key in ("party1", "nobody"):
            found = told(party_key=key, organisation_tax_code="0402230476")
            assert found == ("UNKNOWN", "PARTY_NAMED_TWICE"), "no register knows the code of the one or of the other"


def test_an_organisation_that_is_registered_twice_is_one(here):
    twice = f"update release.party set organisation_tax_code = '{TAX_CODE}' where party_key = 'party25'"
    with here.changed(twice) as conn:
        for key in ("party0", "party25"):
            assert answers(conn, "LT-09", parcel(0, party_key=key))["HOLDER_MATCHES"][0] == "PASS", key


def refused(conn: psycopg.Connection, procedure: str, subject: dict, problem: str) -> None:
    """The question is refused with the problem and with what is accepted."""
    with pytest.raises(psycopg.errors.InvalidParameterValue, match=problem) as error, conn.transaction():
        answers(conn, procedure, subject)
    assert error.value.diag.message_detail.startswith("Accepted: ")
