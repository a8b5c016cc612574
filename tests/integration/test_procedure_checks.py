"""Procedures ask, and get PASS, FAIL, HELD, STALE or UNKNOWN; never a wrong PASS, never a person."""

import json

import psycopg
import pytest

from tests.benchmarks.checks_world import TAX_CODE
from tests.integration.answered_province import HELD_NOW, PUBLISH_ANOTHER, answers, province
from tests.integration.checked_subjects import (
    AGE_LOADED,
    FREE_PLACE,
    LIMIT_LOADED,
    NEVER_FAIL,
    RICE_BARRED,
    SEEN_BOTH_WAYS,
    parcel,
)

RESULTS = {"PASS", "FAIL", "HELD", "STALE", "UNKNOWN"}


@pytest.fixture(scope="module")
def here(cluster, homes):
    home = homes / "procedure-checks"
    home.mkdir(mode=0o711, exist_ok=True)
    with province(cluster, "procedure_checks", home) as made:
        yield made


def test_23_procedures_answer_every_requirement(here):
    with psycopg.connect(here.reader_dsn) as conn:
        procedures = conn.execute("select procedure_code, national_code, code_status from shared.procedure").fetchall()
        wanted: dict[str, list[str]] = {}
        requirements = "select procedure_code, check_code, is_connected from shared.procedure_requirement order by seq"
        connected = set()
        for code, check, is_connected in conn.execute(requirements):
            wanted.setdefault(code, []).append(check)
            connected |= {check} if is_connected else set()
    assert len(connected) >= 40
    assert len(procedures) == 23
    assert {code for code, national, _ in procedures if national is None} == {
        code for code, _, status in procedures if status == "NOT_LOADED"
    }
    for code, checks in wanted.items():
        found = here.ask(code, parcel(12))
        assert list(found) == checks, code
        assert {result for result, _, _ in found.values()} <= RESULTS
    assert here.ask("1.012784.H19", parcel(12)) == here.ask("LT-06", parcel(12)) == here.ask("1.012784", parcel(12))


def test_land_that_needs_a_decision_speaks_against_nobody(here):
    result, reason, evidence = here.ask("LT-11", parcel(2))["LAND_USE_ALLOWED"]
    assert (result, reason, evidence["conditional"]) == ("UNKNOWN", "USE_CONDITIONAL", ["LUC"])
    assert here.ask("LT-11", parcel(1))["LAND_USE_ALLOWED"][0] == "PASS"


def test_each_check_is_seen_to_pass_and_to_fail(here):
    wrong = []
    with here.changed(LIMIT_LOADED, AGE_LOADED, RICE_BARRED) as conn:
        for (code, check), (passing, failing) in SEEN_BOTH_WAYS.items():
            for subject, expected in ((passing, "PASS"), (failing, "FAIL")):
                if subject is not None:
                    result, reason, evidence = answers(conn, code, subject)[check]
                    if result != expected:
                        wrong.append((code, check, expected, result, reason, evidence))
        asked = conn.execute("select distinct check_code from release.procedure_requirement where is_connected")
        connected = {check for (check,) in asked}
    assert not wrong
    assert {check for _, check in SEEN_BOTH_WAYS} >= connected
    assert {check for (_, check), pair in SEEN_BOTH_WAYS.items() if None in pair} == NEVER_FAIL


def test_overlaps_are_those_of_the_geometry(here):
    with psycopg.connect(here.admin_dsn) as conn:
        inside = conn.execute(
            "select kind, st_asgeojson(st_pointonsurface(geom)) from release.mineral_zone "
            "where kind in ('PROHIBITED', 'TEMPORARILY_PROHIBITED', 'RESERVE') "
            "union all select kind, st_asgeojson(st_pointonsurface(geom)) from release.protected_area"
        ).fetchall()
    checks = {
        "PROHIBITED": "NO_PROHIBITED_ZONE",
        "TEMPORARILY_PROHIBITED": "NO_TEMPORARILY_PROHIBITED_ZONE",
        "RESERVE": "NO_RESERVE_ZONE",
    }
    for kind, place in inside:
        found = here.ask("LT-14", {"geometry": json.loads(place), "srid": 4756})
        result, _, evidence = found[checks.get(kind, "NO_PROTECTED_AREA")]
        assert result == "FAIL" and any(o["kind"] == kind for o in evidence["overlaps"])
    free = here.ask("LT-14", {"geometry": {"type": "Point", "coordinates": [105.6003, 20.0003]}, "srid": 4756})
    assert {free[check][0] for check in [*checks.values(), "NO_LICENCE_OVERLAP", "NO_PROTECTED_AREA"]} == {"PASS"}


def test_zones_that_bar_nothing_are_told_and_one_that_is_held_is_held(here):
    told = {"PLANNING": "MINERAL_PLANNING_KNOWN", "AUCTION": "AUCTION_ZONES_KNOWN"}
    query = (
        "select zone_key, kind, st_asgeojson(st_pointonsurface(geom)) from release.mineral_zone where kind = any(%s)"
    )
    with here.changed() as conn:
        zones = conn.execute(query, (list(told),)).fetchall()
        assert {kind for _, kind, _ in zones} == set(told)
        for key, kind, place in zones:
            found = answers(conn, "LT-14", {"geometry": json.loads(place), "srid": 4756})
            other = next(check for of, check in told.items() if of != kind)
            result, reason, evidence = found[told[kind]]
            assert (result, reason) == ("PASS", "IN_ZONE")
            assert key in [o["constraint_key"] for o in evidence["overlaps"]]
            assert {o["kind"] for o in evidence["overlaps"]} == {kind}
            assert key not in [o["constraint_key"] for o in found[other][2]["overlaps"]]
        free = answers(conn, "LT-14", FREE_PLACE)
        assert {free[check][:2] for check in told.values()} == {("PASS", "NO_ZONE")}
        conn.execute(HELD_NOW.format(dataset="mineral_zone", key=key, concerns=""))
        found = answers(conn, "LT-14", {"geometry": json.loads(place), "srid": 4756})
        assert found[told[kind]][:2] == ("HELD", "CONSTRAINT_HELD"), "one held zone among others is in doubt"


def test_held_says_rule_custodian_and_since(here):
    gone = "delete from release.land_parcel where parcel_key = 'land_registry:1'"
    held = HELD_NOW.format(dataset="land_parcel", key="land_registry:1", concerns="parcel:90000/0/1")
    suggested = "update quality.row_outcome set suggestion = '{\"suggested_srid\": 9209}'"
    with here.changed(gone, held, suggested) as conn:
        by_number = {"commune_code": "90000", "commune_valid_on": "2026-01-01", "sheet_no": "0", "parcel_no": "1"}
        for subject in (parcel(1), {"parcel": by_number}):
            found = answers(conn, "LT-09", subject)
            result, reason, evidence = found["PARCEL_EXISTS"]
            assert (result, reason) == ("HELD", "RECORD_HELD")
            (record,) = evidence["held"]
            assert record["rules"] == ["L03"]
            assert record["custodian"] == "Văn phòng đăng ký"
            assert record["since"]
            assert record["suggestion"] == {"suggested_srid": 9209}
            assert "PASS" not in {found[c][0] for c in ("NO_SEIZURE", "NO_DISPUTE", "PARCEL_AREA_MATCHES")}
    restriction = HELD_NOW.format(
        dataset="land_restriction", key="land_registry:R:x", concerns="land_parcel:land_registry:1"
    )
    with here.changed(restriction) as conn:
        found = answers(conn, "LT-09", parcel(1))
        assert found["NO_SEIZURE"][0] == found["NO_DISPUTE"][0] == "HELD"
        assert found["PARCEL_EXISTS"][0] == "PASS"
    with here.changed() as conn:
        key, subject_key = conn.execute(
            "select constraint_key, parcel_key from release.parcel_constraint where kind = 'RESERVE' limit 1"
        ).fetchone()
        conn.execute(HELD_NOW.format(dataset="mineral_zone", key=key, concerns=""))
        conn.execute("delete from release.parcel_constraint where constraint_key <> %s", (key,))
        assert answers(conn, "LT-11", {"parcel_key": subject_key})["NO_RESERVE_ZONE"][:2] == ("HELD", "CONSTRAINT_HELD")


def test_stale_by_the_limit_of_the_caller_or_of_the_contract(here):
    old = (
        "update release.dataset_release set source_as_of = now() - interval '3 days', max_age = {} "
        "where dataset = 'land_parcel'"
    )
    with here.changed(old.format("interval '7 days'")) as conn:
        assert answers(conn, "LT-09", parcel(1))["PARCEL_EXISTS"][0] == "PASS"
        result, reason, evidence = answers(conn, "LT-09", parcel(1, max_age_hours=24))["PARCEL_EXISTS"]
        assert (result, reason, evidence["would_be"]) == ("STALE", "SOURCE_TOO_OLD", "PASS")
        assert evidence["stale"][0]["dataset"] == "land_parcel"
        assert answers(conn, "LT-09", parcel(1, max_age_hours=24))["NO_SEIZURE"][0] == "PASS"
    with here.changed(old.format("interval '2 days'")) as conn:
        assert answers(conn, "LT-09", parcel(1))["PARCEL_EXISTS"][0] == "STALE"
        before = (conn.execute("select now() - interval '2 days 12 hours'").fetchone()[0]).isoformat()
        assert answers(conn, "LT-09", parcel(1, asked_at=before))["PARCEL_EXISTS"][0] == "PASS"


def test_unknown_says_what_is_missing(here):
    assert here.ask("LT-14", {})["NO_LICENCE_OVERLAP"] == (
        "UNKNOWN", "SUBJECT_LACKS", {"missing": ["geometry, or known parcels"]},
    )  # fmt: skip
    assert here.ask("LT-14", {})["FOREST_AND_DEFENCE_LAND"][1] == "REGISTER_NOT_CONNECTED"
    far = here.ask("LT-14", {"geometry": {"type": "Point", "coordinates": [106.7, 10.8]}})
    assert far["NO_LICENCE_OVERLAP"][:2] == far["NO_PROTECTED_AREA"][:2] == ("UNKNOWN", "PLACE_NOT_COVERED")
    strange = here.ask("LT-09", {"parcel_key": "elsewhere:1"})["PARCEL_EXISTS"]
    assert strange[:2] == ("UNKNOWN", "REGISTER_NOT_CONNECTED")
    with here.changed("delete from release.dataset_release where dataset = 'land_right'") as conn:
        assert answers(conn, "LT-06", parcel(1))["SAME_HOLDER"] == (
            "UNKNOWN", "DATASET_NOT_PUBLISHED", {"missing": ["land_right"]},
        )  # fmt: skip
    elsewhere = "update release.dataset_coverage set area_code = '01' where dataset = 'land_restriction'"
    with here.changed(elsewhere) as conn:
        assert answers(conn, "LT-09", parcel(1))["NO_SEIZURE"][:2] == ("UNKNOWN", "PLACE_NOT_COVERED")
        assert encumbrances(conn) == [("UNKNOWN", "not covered: land_restriction of 37/90000")]


def test_coverage_is_one_thing_for_checks_and_encumbrances(here):
    with here.changed() as conn:
        assert encumbrances(conn) == [("FREE", None)]
        assert answers(conn, "LT-09", parcel(1))["NO_SEIZURE"][0] == "PASS"
    no_place = "update release.land_parcel set commune_code = null where parcel_key = 'land_registry:1'"
    with here.changed(no_place) as conn:
        unknown = "land_restriction of a parcel whose commune is not known"
        assert encumbrances(conn) == [("UNKNOWN", f"not covered: {unknown}")]
        result, reason, evidence = answers(conn, "LT-09", parcel(1))["NO_SEIZURE"]
        assert (result, reason) == ("UNKNOWN", "PLACE_NOT_COVERED") and unknown in evidence["missing"]


def encumbrances(conn: psycopg.Connection) -> list[tuple[str, str | None]]:
    """What parcel_encumbrances says of the first parcel."""
    query = "select answer, reason from shared.parcel_encumbrances('land_registry:1')"
    return conn.execute(query).fetchall()


ASK_MORE = """
insert into release.procedure_requirement
    (procedure_code, check_code, valid_from, seq, subject, datasets, place_datasets, is_connected, parameters,
    is_held, row_hash, from_release, to_release)
select procedure_code, 'MORTGAGE_KNOWN', valid_from, 999, 'PARCEL', '{land_restriction}', '{}', true, '{}',
    false, '', p.release_id, 9223372036854775807
from release.procedure_requirement cross join release.pointer as p
where procedure_code = 'LT-09' and check_code = 'PARCEL_EXISTS'
"""
SEIZE = """
insert into release.land_restriction
    (restriction_key, parcel_keys, kind, subject_type, is_active, is_held, row_hash, from_release, to_release)
select 'new', '{land_registry:1}', 'SEIZURE', 'PARCEL', true, false, '', release_id, 9223372036854775807
from release.pointer
"""


def test_past_release_answers_as_it_did_then(here):
    before = here.ask("LT-09", parcel(1))
    assert before["NO_SEIZURE"][0] == "PASS"
    with here.changed(*PUBLISH_ANOTHER, SEIZE, ASK_MORE) as conn:
        assert "MORTGAGE_KNOWN" in answers(conn, "LT-09", parcel(1))
        assert answers(conn, "LT-09", parcel(1))["NO_SEIZURE"][:2] == ("FAIL", "SEIZURE_IN_FORCE")
        assert answers(conn, "LT-09", parcel(1), here.release) == before
        with pytest.raises(psycopg.errors.InvalidParameterValue, match="never published"):
            answers(conn, "LT-09", parcel(1), 4711)


DEEP = "[" * 100_000 + "]" * 100_000
BAD_INPUT = [
    ("9.999999", {}, "not known"),
    ("nonsense", {}, "not a procedure code"),
    ("LT-09", {"checks": ["NO_SUCH_CHECK"]}, "has no check NO_SUCH_CHECK"),
    ("LT-09", [], "the subject is a JSON array"),
    ("LT-09", {"parcelkey": "x"}, "which no check knows"),
    ("LT-09", {"parcel_key": 5}, "wrong form"),
    ("LT-09", {"area_m2": "12"}, "wrong form"),
    ("LT-09", {"max_age_hours": -1}, "wrong form"),
    ("LT-09", {"asked_at": "2999-01-01T00:00:00Z"}, "wrong form"),
    ("LT-09", {"commune_valid_on": "2026-02-30"}, "wrong form"),
    ("LT-09", {"parcel_uid": "ailo"}, "wrong form"),
    ("LT-01", {"commune_code": "90001"}, "ambiguous without a date"),
    ("LT-01", {"parcel": {"commune_code": "90001", "sheet_no": "0", "parcel_no": "1"}}, "ambiguous without a date"),
    ("LT-14", {"geometry": {"type": "LineString", "coordinates": [[105.7, 20.1], [105.8, 20.2]]}}, "LineString"),
    ("LT-14", {"geometry": {"type": "Polygon", "coordinates": [105, 20]}}, "not written as one"),
    ("LT-14", {"geometry": {"type": "Polygon", "coordinates": [[[20.1, 105.7]] * 4]}}, "outside Vietnam"),
    (
        "LT-14",
        {"geometry": {"type": "Polygon", "coordinates": [[[105, 20], [106, 21], [106, 20], [105, 21], [105, 20]]]}},
        "crosses itself",
    ),
    ("LT-14", '{"geometry": {"type": "Polygon", "coordinates": ' + "[" * 500 + "]" * 500 + "}}", "not written as one"),
]


@pytest.mark.parametrize(("code", "subject", "problem"), BAD_INPUT, ids=[problem for _, _, problem in BAD_INPUT])
def test_bad_input_is_refused_with_the_accepted_form(here, code, subject, problem):
    with pytest.raises(psycopg.errors.InvalidParameterValue, match=problem) as refused:
        here.ask(code, subject)
    assert refused.value.diag.message_detail.startswith("Accepted: ")
    assert refused.value.diag.message_hint


def test_malformed_and_deep_json_are_errors_and_the_server_lives(here):
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        here.ask("LT-14", '{"parcel_key": ')
    for deep in (DEEP, '{"geometry": {"type": "Polygon", "coordinates": ' + DEEP + "}}"):
        with pytest.raises(psycopg.errors.StatementTooComplex):
            here.ask("LT-14", deep)
    assert here.ask("LT-14", {})


def test_evidence_names_no_person_and_the_reader_sees_nothing_else(here):
    told = json.dumps([here.ask(code, parcel(n, organisation_tax_code=TAX_CODE)) for code in ("LT-06", "LT-09", "LT-12")
                       for n in (0, 1, 18, 99)], default=str)  # fmt: skip
    assert "party" not in told.replace('"party"', "")
    assert TAX_CODE not in told
    person = here.ask("LT-09", {"organisation_tax_code": "036099012345"})
    assert person["TAX_CODE_VALID"][:2] == ("UNKNOWN", "CODE_OF_PERSON")
    assert "036099012345" not in json.dumps(person)
    with psycopg.connect(here.reader_dsn, autocommit=True) as conn:
        for forbidden in ("select checks.read_parcels('{}', 1)", "select * from release.land_parcel"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                conn.execute(forbidden)
