"""No wrong PASS and no wrong FAIL: subjects of several parts, other registers, doubtful rights, terms that ended."""

import json

import psycopg
import pytest

from tests.integration.answered_province import answers, province
from tests.integration.checked_subjects import FREE_PLACE, number, parcel, point, square

ELSEWHERE = {"geometry": {"type": "Point", "coordinates": [106.7, 10.8]}}
IN_RESERVE = point(105.802, 20.054)
RESERVED = "select parcel_key from release.parcel_constraint where kind = 'RESERVE' limit 1"


@pytest.fixture(scope="module")
def here(cluster, homes):
    home = homes / "check-judgement"
    home.mkdir(mode=0o711, exist_ok=True)
    with province(cluster, "check_judgement", home) as made:
        yield made


def test_a_shape_beside_parcels_is_looked_at_and_so_are_the_parcels(here):
    free = here.ask("LT-11", {"parcel_key": "land_registry:1"})
    assert free["NO_RESERVE_ZONE"][0] == free["NO_SEIZURE"][0] == "PASS"
    far = here.ask("LT-11", {"parcel_key": "land_registry:1"} | ELSEWHERE)
    result, reason, evidence = far["NO_RESERVE_ZONE"]
    assert (result, reason) == ("UNKNOWN", "PLACE_NOT_COVERED") and "?" in evidence["missing"][0]
    assert far["NO_SEIZURE"][0] == "PASS", "what is asked of the parcel does not depend on the shape"
    assert here.ask("LT-11", {"parcel_key": "land_registry:1"} | IN_RESERVE)["NO_RESERVE_ZONE"][0] == "FAIL"
    with here.changed() as conn:
        (reserved,) = conn.execute(RESERVED).fetchone()
        found = answers(conn, "LT-11", {"parcel_key": reserved} | FREE_PLACE)["NO_RESERVE_ZONE"]
        assert found[0] == "FAIL" and {o.get("parcel_key") for o in found[2]["overlaps"]} == {reserved}
        far = answers(conn, "LT-11", {"parcel_key": reserved} | ELSEWHERE)["NO_RESERVE_ZONE"]
        assert far[0] == "UNKNOWN", "the zones of the other province are not known"


def test_a_common_boundary_is_no_overlap(here):
    """Of a parcel as of a shape: what surveys of the same line differ by refuses nobody."""
    meet = "update release.parcel_constraint set overlap_area_m2 = {}, relation = '{}' where parcel_key = '{}'"
    with here.changed() as conn:
        (reserved,) = conn.execute(RESERVED).fetchone()
        for area, relation, result in ((0.02, "TOUCHES", "PASS"), (1, "TOUCHES", "PASS"), (1.1, "PARTLY", "FAIL")):
            conn.execute(meet.format(area, relation, reserved))
            assert answers(conn, "LT-11", {"parcel_key": reserved})["NO_RESERVE_ZONE"][0] == result, area


def test_neighbours_are_looked_for_around_the_shape_and_the_parcels(here):
    onto_the_next = (
        "update release.land_parcel as p set geom = n.geom from release.land_parcel as n "
        "where p.parcel_key = 'land_registry:40' and n.parcel_key = 'land_registry:41'"
    )
    beside = {"parcel_key": "land_registry:41"} | point(105.619, 20.01)
    assert here.ask("LT-01", beside)["NO_PARCEL_OVERLAP"][0] == "PASS"
    with here.changed(onto_the_next) as conn:
        found = answers(conn, "LT-01", beside)["NO_PARCEL_OVERLAP"]
        assert found[0] == "FAIL" and [o["parcel_key"] for o in found[2]["parcels"]] == ["land_registry:40"]
    assert here.ask("LT-01", square(2, parcel_key="land_registry:1"))["NO_PARCEL_OVERLAP"][0] == "FAIL"
    assert here.ask("LT-01", square(1, parcel_key="land_registry:1"))["NO_PARCEL_OVERLAP"][0] == "PASS"
    assert here.ask("LT-01", point(105.61, 20.01))["NO_PARCEL_OVERLAP"][0] == "FAIL", "a point within a parcel"


def test_what_is_held_at_either_place_holds_the_answer(here):
    hold = (
        "insert into quality.row_outcome (dataset, record_key, release_id, outcome, rule_ids, custodian, concerns) "
        "select 'mineral_zone', 'z', p.release_id, 'held', '{M1}', 'Sở', shared.cells_held(r.geom, 'cell') "
        "from release.land_parcel as r, release.pointer as p where r.parcel_key = 'land_registry:1'"
    )
    with here.changed(hold) as conn:
        for beside in ({}, FREE_PLACE, point(106.17, 20.58)):
            found = answers(conn, "LT-11", {"parcel_key": "land_registry:1"} | beside)
            assert found["NO_RESERVE_ZONE"][:2] == ("HELD", "RECORD_HELD"), beside


@pytest.mark.parametrize("beside", [{}, FREE_PLACE], ids=["parcels", "parcels and a shape"])
def test_a_place_is_known_only_with_all_its_parcels(here, beside):
    subject = {"parcel_keys": ["land_registry:1", "land_registry:999999"]} | beside
    for code, check in (("LT-11", "NO_LICENCE_OVERLAP"), ("LT-11", "NO_RESERVE_ZONE"), ("LT-01", "NO_PARCEL_OVERLAP")):
        assert here.ask(code, subject)[check] == (
            "UNKNOWN", "PARCEL_NOT_FOUND", {"missing": ["every parcel named"], "not_found": ["land_registry:999999"]},
        )  # fmt: skip


BY_KEY = [
    ("LT-16", "LICENCE_IN_FORCE", "licence_key", {}),
    ("LT-16", "LICENCE_TYPE_FITS", "licence_key", {}),
    ("LT-16", "LICENCE_REISSUE_IN_TIME", "licence_key", {}),
    ("LT-16", "LICENCE_HOLDER_MATCHES", "licence_key", {}),
    ("LT-12", "LICENCE_COVERS_PARCELS", "licence_key", parcel(1)),
    ("LT-22", "PERMIT_IN_FORCE", "permit_key", {}),
    ("LT-22", "PERMIT_NOT_REPLACED", "permit_key", {}),
    ("LT-15", "EIA_DECISION_EXISTS", "facility_key", {"project_group": "I"}),
    ("LT-21", "FACILITY_ON_PARCEL", "facility_key", parcel(1)),
]
OWN = {"licence_key": "mineral_cadastre", "permit_key": "environment_permits", "facility_key": "environment_permits"}


@pytest.mark.parametrize(("code", "check", "key", "more"), BY_KEY, ids=[check for _, check, _, _ in BY_KEY])
def test_a_key_of_a_register_that_is_not_connected_is_unknown(here, code, check, key, more):
    for strange, register in (("other_province:7", "other_province"), ("7", "7")):
        result, reason, evidence = here.ask(code, {key: strange} | more)[check]
        assert (result, reason, evidence["missing"]) == ("UNKNOWN", "REGISTER_NOT_CONNECTED", [register])
    assert here.ask(code, {key: f"{OWN[key]}:99999"} | more)[check][0] == "FAIL"


def test_without_coverage_nobody_knows_which_registers_are_connected(here):
    with here.changed("delete from release.dataset_release where dataset = 'dataset_coverage'") as conn:
        found = answers(conn, "LT-22", {"permit_key": "environment_permits:99999"})["PERMIT_IN_FORCE"]
        assert found[:2] == ("UNKNOWN", "REGISTER_NOT_CONNECTED")


SAME_NAME = "update release.administrative_unit set full_name = 'Xã 90002' where code = '90002'"


def test_a_code_that_kept_its_name_but_not_its_area_needs_a_date(here):
    by_number = {"commune_code": "90002", "sheet_no": "0", "parcel_no": "4"}
    with here.changed(SAME_NAME) as conn:
        dated = answers(conn, "LT-01", {"commune_code": "90002", "commune_valid_on": "2026-01-01"})
        assert dated["COMMUNE_CODE_VALID"][0] == "PASS"
        for subject in ({"commune_code": "90002"}, {"parcel": by_number}):
            with pytest.raises(psycopg.errors.InvalidParameterValue) as refused, conn.transaction():
                answers(conn, "LT-01", subject)
            assert "ambiguous without a date" in str(refused.value)
            assert "commune_valid_on" in refused.value.diag.message_detail
    for kind in ("SAME", "RENAMED"):
        unchanged = f"update release.administrative_unit_change set kind = '{kind}' where old_code = '90002'"
        with here.changed(SAME_NAME, unchanged) as conn:
            assert answers(conn, "LT-01", {"commune_code": "90002"})["COMMUNE_CODE_VALID"][0] == "PASS"


def test_areas_are_compared_parcel_by_parcel(here):
    both = {"parcel_keys": ["land_registry:1", "land_registry:2"]}
    exchanged = (
        "update release.land_parcel set survey_area_m2 = 150 where parcel_key = 'land_registry:1'",
        "update release.land_parcel set survey_area_m2 = 50 where parcel_key = 'land_registry:2'",
    )
    assert here.ask("LT-06", both | {"area_m2": 200})["PARCEL_AREA_MATCHES"][0] == "PASS"
    assert here.ask("LT-06", both | {"area_m2": 204})["PARCEL_AREA_MATCHES"][1] == "STATED_AREA_DIFFERS"
    with here.changed(*exchanged) as conn:
        result, reason, evidence = answers(conn, "LT-06", both)["PARCEL_AREA_MATCHES"]
        assert (result, reason) == ("FAIL", "SURVEYED_AREA_DIFFERS")
        assert sorted(p["parcel_key"] for p in evidence["differing"]) == sorted(both["parcel_keys"])


def test_terms_that_ended_since_the_build_no_longer_bind(here):
    dated = "update release.{} set valid_from = '2026-01-01', valid_to = {}"
    tables = ("parcel_constraint", "mineral_constraint_piece", "land_restriction")
    for until, place, seized in (("current_date - 2", "PASS", "PASS"), ("current_date + 2", "FAIL", "FAIL")):
        with here.changed(*(dated.format(table, until) for table in tables)) as conn:
            (reserved,) = conn.execute(RESERVED).fetchone()
            assert answers(conn, "LT-11", {"parcel_key": reserved})["NO_RESERVE_ZONE"][0] == place
            assert answers(conn, "LT-14", IN_RESERVE)["NO_RESERVE_ZONE"][0] == place
            assert answers(conn, "LT-09", parcel(18))["NO_SEIZURE"][0] == seized
            query = "select answer from shared.parcel_encumbrances('land_registry:18')"
            assert conn.execute(query).fetchone() == ({"PASS": "FREE", "FAIL": "ENCUMBERED"}[seized],)
            asked = parcel(18, asked_at="2025-12-01T08:00:00+07:00")
            assert answers(conn, "LT-09", asked)["NO_SEIZURE"][0] == "PASS", "not in force yet"
    discharged = "update release.land_restriction set valid_to = current_date where kind = 'MORTGAGE'"
    with here.changed(discharged) as conn:
        assert answers(conn, "LT-13", parcel(0))["MORTGAGE_KNOWN"][1] == "NOT_MORTGAGED", "gone on the day itself"


def test_the_answer_names_the_register_that_was_read(here):
    def systems(conn: psycopg.Connection, code: str, subject: dict) -> dict[str, str]:
        query = "select check_code, source_system from shared.check_procedure(%s, %s)"
        return dict(conn.execute(query, (code, json.dumps(subject))).fetchall())

    exported = "update release.land_parcel set source_system = 'land_exports' where parcel_key = 'land_registry:1'"
    with here.changed(exported) as conn:
        assert systems(conn, "LT-09", parcel(1))["PARCEL_EXISTS"] == "land_exports"
        assert systems(conn, "LT-09", parcel(2))["PARCEL_EXISTS"] == "land_registry"
        both = systems(conn, "LT-06", {"parcel_keys": ["land_registry:1", "land_registry:2"]})
        assert both["PARCEL_AREA_MATCHES"] == "land_exports, land_registry"
        told = systems(conn, "LT-12", parcel(1, licence_key="mineral_cadastre:1"))
        assert (told["LICENCE_IN_FORCE"], told["LICENCE_COVERS_PARCELS"]) == ("mineral_cadastre", "mineral_cadastre")
        assert told["PARCEL_EXISTS"] == "land_exports"


def test_a_mortgage_must_exist_where_it_is_to_be_deleted(here):
    def told(**more: str) -> tuple[str, str]:
        return here.ask("LT-10", parcel(1, **more))["MORTGAGE_EXISTS"][:2]

    assert told() == ("UNKNOWN", "SUBJECT_LACKS")
    assert told(mortgage_request="REGISTER") == ("PASS", "NOT_A_DELETION")
    assert told(mortgage_request="DELETE") == ("FAIL", "NOT_MORTGAGED")
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="mortgage_request of the subject has the wrong"):
        here.ask("LT-10", {"mortgage_request": "delete"})


def test_a_parcel_by_number_is_not_guessed(here):
    """The number of a parcel stands for the parcel of the dated commune, and for no other."""
    found = here.ask("LT-05", {"parcel": number("90020", "0", "7")})["PARCEL_EXISTS"]
    assert found[2]["parcels"][0]["parcel_key"] == "land_registry:7"
