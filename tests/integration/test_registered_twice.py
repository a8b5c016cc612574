"""Holders under different keys: the same where a tax code proves it, others where that is certain, else UNKNOWN."""

import json
from dataclasses import dataclass

import psycopg
import pytest

from tests.integration.answered_province import HELD_NOW, answers, province

COMPANY, OTHER = "0107094917", "0402230476"
BRANCH, SECOND_BRANCH = f"{COMPANY}-001", f"{COMPANY}-002"
ONE, TWO = "land_registry:1", "land_registry:2"
BOTH = {"parcel_keys": [ONE, TWO]}
PARTY = """
insert into release.party (party_key, source_system, kind, organisation_tax_code, organisation_name, is_held, row_hash,
    from_release, to_release)
values (%s, %s, %s, %s, %s, %s, convert_to(%s, 'UTF8'), %s, 9223372036854775807)
"""
HOLDS = """
insert into release.land_right (right_key, parcel_key, right_type, party_key, status, is_held, row_hash, from_release,
    to_release)
values (%s, %s, 'USE', %s, 'UNCERTIFIED', false, '', %s, 9223372036854775807)
"""


@dataclass(frozen=True)
class Party:
    """A party as a register has it; None as the kind: it has none of that key."""

    kind: str | None
    code: str | None = None
    name: str | None = "Công ty Một"
    is_held: bool = False
    register: str = "land_registry"


def organisation(code: str | None = None, **more) -> Party:
    return Party("ORGANISATION", code, **more)


PERSON, HOUSEHOLD = Party("PERSON", name=None), Party("HOUSEHOLD", name=None)
SAME, OTHERS = ("PASS", None), ("FAIL", None)
IS_BRANCH, NOT_TOLD = ("UNKNOWN", "HOLDER_IS_BRANCH"), ("UNKNOWN", "HOLDERS_NOT_TOLD_APART")
CONSTELLATIONS = {
    "a company twice in one register": (organisation(COMPANY), organisation(COMPANY, name="CÔNG TY 1"), SAME),
    "a company in two registers": (organisation(COMPANY), organisation(COMPANY, register="land_exports"), SAME),
    "a branch twice": (organisation(BRANCH), organisation(BRANCH), SAME),
    "a company and its branch": (organisation(COMPANY), organisation(BRANCH), IS_BRANCH),
    "two branches of a company": (organisation(SECOND_BRANCH), organisation(BRANCH), IS_BRANCH),
    "two companies": (organisation(COMPANY), organisation(OTHER), OTHERS),
    "two companies in two registers": (organisation(COMPANY), organisation(OTHER, register="land_exports"), OTHERS),
    "a company and the branch of another": (organisation(BRANCH), organisation(OTHER), OTHERS),
    "a company and one without a code": (organisation(COMPANY), organisation(), NOT_TOLD),
    "two companies without codes": (organisation(), organisation(), NOT_TOLD),
    "a person and a company": (PERSON, organisation(COMPANY), OTHERS),
    "a household and a company": (HOUSEHOLD, organisation(COMPANY), OTHERS),
    "a person and an organisation without a code": (PERSON, organisation(), NOT_TOLD),
    "a person and one without a name": (PERSON, organisation(COMPANY, name=None), NOT_TOLD),
    "a person and a private enterprise": (PERSON, organisation(COMPANY, name="DOANH NGHIỆP TƯ NHÂN AN"), NOT_TOLD),
    "a person and a DNTN": (PERSON, organisation(COMPANY, name="Dntn Bình Minh"), NOT_TOLD),
    "a person and a household business": (PERSON, organisation(COMPANY, name="Hộ kinh doanh An"), NOT_TOLD),
    "two private enterprises": (organisation(COMPANY, name="DNTN An"), organisation(OTHER, name="DNTN Bình"), OTHERS),
    "two entries of persons": (PERSON, PERSON, NOT_TOLD),
    "a person in two registers": (PERSON, Party("PERSON", name=None, register="land_exports"), NOT_TOLD),
    "a person and a household": (PERSON, HOUSEHOLD, NOT_TOLD),
    "a company and a party that is not there": (organisation(COMPANY), Party(None), NOT_TOLD),
    "a company twice, one held": (organisation(COMPANY), organisation(COMPANY, is_held=True), NOT_TOLD),
    "two companies, one held": (organisation(COMPANY), organisation(OTHER, is_held=True), NOT_TOLD),
    "a person and a held company": (PERSON, organisation(COMPANY, is_held=True), NOT_TOLD),
    "a held person and a company": (Party("PERSON", name=None, is_held=True), organisation(COMPANY), NOT_TOLD),
}


@pytest.fixture(scope="module")
def here(cluster, homes):
    home = homes / "registered-twice"
    home.mkdir(mode=0o711, exist_ok=True)
    with province(cluster, "registered_twice", home) as made:
        with psycopg.connect(made.admin_dsn) as conn:  # the codes are of the parties of each test alone
            conn.execute("update release.party set organisation_tax_code = null")
        yield made


def know(conn: psycopg.Connection, release: int, **parties: Party) -> None:
    """These parties are in the registers."""
    for key, party in parties.items():
        if party.kind is not None:
            told = party.register, party.kind, party.code, party.name, party.is_held
            conn.execute(PARTY, (key, *told, key, release))


def hold(conn: psycopg.Connection, release: int, holders: dict[str, str]) -> None:
    """These parcels are held by these parties, apart by a blank, and nobody else."""
    for parcel, keys in holders.items():
        conn.execute("delete from release.land_right where parcel_key = %s", (parcel,))
        for key in keys.split():
            conn.execute(HOLDS, (f"{parcel}:{key}", parcel, key, release))


@pytest.mark.parametrize("name", CONSTELLATIONS)
def test_two_parcels_of_different_keys(here, name):
    first, second, (result, reason) = CONSTELLATIONS[name]
    reason = reason or {"PASS": "SAME_HOLDER", "FAIL": "HOLDERS_DIFFER"}[result]
    with here.changed() as conn:
        know(conn, here.release, k1=first, k2=second)
        for one, two in (("k1", "k2"), ("k2", "k1")):
            hold(conn, here.release, {ONE: one, TWO: two})
            found = answers(conn, "LT-06", BOTH)["SAME_HOLDER"]
            assert found[:2] == (result, reason)
            assert (result == "UNKNOWN") == bool(found[2].get("missing")) and "k1" not in json.dumps(found[2])


@pytest.mark.parametrize("name", CONSTELLATIONS)
def test_who_applies_and_who_holds_under_different_keys(here, name):
    """By key and, of organisations, by tax code."""
    first, second, (result, reason) = CONSTELLATIONS[name]
    expected = result, reason or {"PASS": "HOLDER_MATCHES", "FAIL": "HOLDER_DIFFERS"}[result]
    with here.changed() as conn:
        know(conn, here.release, k1=first, k2=second)
        for applies, party, holder in (("k1", first, "k2"), ("k2", second, "k1")):
            hold(conn, here.release, {ONE: holder})
            found = answers(conn, "LT-09", {"parcel_key": ONE, "party_key": applies})["HOLDER_MATCHES"]
            assert found[:2] == expected
            assert (result == "UNKNOWN") == bool(found[2].get("missing")) and "k1" not in json.dumps(found[2])
            if party.code and not party.is_held:
                for typed in (f"MST: {party.code}", party.code.replace("-", ""), party.code.replace("-", " ")):
                    stated = {"parcel_key": ONE, "organisation_tax_code": typed}
                    assert answers(conn, "LT-09", stated)["HOLDER_MATCHES"][:2] == expected
                    assert answers(conn, "LT-09", stated | {"party_key": applies})["HOLDER_MATCHES"][:2] == expected


@pytest.mark.parametrize(("holders", "expected"), [
    ({ONE: "k1 person", TWO: "person k2"}, ("PASS", "SAME_HOLDER")),
    ({ONE: "k1", TWO: "k2 other"}, ("FAIL", "HOLDERS_DIFFER")),
    ({ONE: "k1 person", TWO: "k2"}, ("FAIL", "HOLDERS_DIFFER")),
    ({ONE: "person", TWO: "person second"}, ("UNKNOWN", "HOLDERS_NOT_TOLD_APART")),
    ({ONE: "k1 branch", TWO: "k2"}, ("UNKNOWN", "HOLDER_IS_BRANCH")),
    ({ONE: "k1 person", TWO: "k2 second"}, ("UNKNOWN", "HOLDERS_NOT_TOLD_APART")),
    ({ONE: "k1 k2", TWO: "k2"}, ("PASS", "SAME_HOLDER")),
])  # fmt: skip
def test_several_holders(here, holders, expected):
    company = organisation(COMPANY)
    with here.changed() as conn:
        known = {"k1": company, "k2": company, "other": organisation(OTHER), "branch": organisation(BRANCH)}
        know(conn, here.release, **known, person=PERSON, second=PERSON)
        hold(conn, here.release, holders)
        assert answers(conn, "LT-06", BOTH)["SAME_HOLDER"][:2] == expected
        if "k2" in holders[TWO]:
            found = answers(conn, "LT-09", {"parcel_key": TWO, "party_key": "k1"})["HOLDER_MATCHES"][:2]
            assert found == (("PASS", "HOLDER_MATCHES") if holders[TWO] == "k2" else ("UNKNOWN", "CO_HOLDERS"))


def test_one_register_and_one_office_say_no_more_of_a_person_than_two(here):
    """The key is that of an entry: it says nothing of who it is, with whatever before it."""
    with here.changed() as conn:
        for one, two in (("land_registry:7", "land_registry:8"), ("land_registry:7", "land_exports:7")):
            hold(conn, here.release, {ONE: one, TWO: two})
            assert answers(conn, "LT-06", BOTH)["SAME_HOLDER"][:2] == NOT_TOLD
            asked = {"parcel_key": ONE, "party_key": two}
            assert answers(conn, "LT-09", asked)["HOLDER_MATCHES"][:2] == NOT_TOLD


def test_a_code_beside_the_key_of_an_organisation_without_one(here):
    """The entry without a code and the one with it may be the same organisation; a person is none."""
    stated = {"parcel_key": ONE, "organisation_tax_code": COMPANY}
    with here.changed() as conn:
        know(conn, here.release, k1=organisation(COMPANY), bare=organisation(), person=PERSON)
        hold(conn, here.release, {ONE: "bare"})
        found = answers(conn, "LT-09", stated | {"party_key": "bare"})["HOLDER_MATCHES"]
        assert found[:2] == ("UNKNOWN", "PARTY_NAMED_TWICE")
        with pytest.raises(psycopg.errors.InvalidParameterValue, match="another party"):
            answers(conn, "LT-09", stated | {"party_key": "person"})


def test_a_holder_that_is_held_holds_its_right_and_the_answers(here):
    """The right goes with its holder (H03), and concerns its parcel."""
    changes = (
        HELD_NOW.format(dataset="party", key="k1", concerns=COMPANY),
        HELD_NOW.format(dataset="land_right", key=f"{ONE}:k1", concerns=f"land_parcel:{ONE}"),
    )
    with here.changed(*changes) as conn:
        know(conn, here.release, k1=organisation(COMPANY, is_held=True), k2=organisation(COMPANY))
        hold(conn, here.release, {ONE: "k1", TWO: "k2"})
        assert answers(conn, "LT-06", BOTH)["SAME_HOLDER"][0] == "HELD"
        for named in ({"party_key": "k1"}, {"party_key": "k2"}, {"organisation_tax_code": COMPANY}):
            assert answers(conn, "LT-09", {"parcel_key": ONE} | named)["HOLDER_MATCHES"][0] == "HELD"
        # what the record in doubt says of the applicant holds the answer about another parcel, too
        assert answers(conn, "LT-09", {"parcel_key": TWO, "party_key": "k1"})["HOLDER_MATCHES"][0] == "HELD"


def test_parties_that_are_not_published_or_old_leave_the_holder_open(here):
    none = "delete from release.dataset_release where dataset = 'party'"
    never = "alter table release.party rename to party_before"
    unsaid = "update release.procedure_requirement set datasets = '{land_right}' where check_code = 'SAME_HOLDER'"
    for changes in ((none,), (none, never), (none, never, unsaid)):
        with here.changed(*changes) as conn:
            found = answers(conn, "LT-06", BOTH)["SAME_HOLDER"]
            assert found == ("UNKNOWN", "DATASET_NOT_PUBLISHED", {"missing": ["party"]})
    old = (
        "update release.dataset_release set source_as_of = now() - interval '9 days', max_age = interval '7 days' "
        "where dataset = 'party'"
    )
    with here.changed(old) as conn:
        found = answers(conn, "LT-06", {"parcel_key": ONE})["SAME_HOLDER"]
        assert found[:2] == ("STALE", "SOURCE_TOO_OLD") and found[2]["would_be"] == "PASS"


def test_a_receipt_lists_every_party_that_was_read(here):
    """Who applies, under each key of its code, and who holds."""
    read = "select shared.answer_for_receipt('LT-09', %s) -> 'rows'"
    with here.changed() as conn:
        know(conn, here.release, k1=organisation(COMPANY), k2=organisation(COMPANY), holder=organisation(OTHER))
        hold(conn, here.release, {ONE: "holder"})

        def parties(**named: str) -> list[str]:
            (rows,) = conn.execute(read, (json.dumps({"parcel_key": ONE} | named),)).fetchone()
            return [row["record_key"] for row in rows if row["dataset"] == "party"]

        assert parties(party_key="k1") == ["holder", "k1", "k2"]
        assert parties(organisation_tax_code=COMPANY) == ["holder", "k1", "k2"]
        assert parties(party_key="nobody") == ["holder"]
        read = "select shared.answer_for_receipt('LT-06', %s) -> 'rows'"
        assert parties() == ["holder"]
