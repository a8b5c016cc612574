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
