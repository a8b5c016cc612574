"""How far a held record reaches: to every question that would read it, and to no other record beside it."""

import json
from collections.abc import Iterator

import psycopg
import pytest

from tests.integration.answered_province import Province, answers, province
from tests.integration.held_records import ASKED, POINT, Asked, held


@pytest.fixture(scope="module")
def here(cluster, homes) -> Iterator[Province]:
    home = homes / "held-reach"
    home.mkdir(mode=0o711, exist_ok=True)
    with province(cluster, "held_reach", home) as made:
        yield made


def test_a_held_record_of_the_same_place_or_owner_is_no_obstacle_elsewhere(here: Province) -> None:
    """HELD is for what a check would read, not for a licence beside it or another one of its holder."""
    with psycopg.connect(here.reader_dsn, autocommit=True) as reader:
        with held(here, Asked("mineral_licence", "LT-14", "NO_LICENCE_OVERLAP", POINT)) as found:
            keys = {key for key, _ in found}
            good = next(f"mineral_cadastre:{n}" for n in range(1, 401) if f"mineral_cadastre:{n}" not in keys)
            subject = {"licence_key": good, "organisation_tax_code": "0107094917", **found[0][1]}
            results = {check: answer[0] for check, answer in answers(reader, "LT-16", subject).items()}
            assert results["LICENCE_IN_FORCE"] == "PASS"
            assert answers(reader, "LT-14", subject)["ORGANISATION_KNOWN"][0] == "PASS"
        far = {"geometry": {"type": "Point", "coordinates": [105.9, 20.59]}, "srid": 4756}
        assert answers(reader, "LT-01", far)["NO_PARCEL_OVERLAP"][0] in ("PASS", "FAIL")


def test_an_overlap_that_is_held_says_nothing_of_other_overlaps(here: Province) -> None:
    overlap = next(asked for asked in ASKED if (asked.dataset, asked.procedure) == ("parcel_constraint", "LT-14"))
    others = ("NO_LICENCE_OVERLAP", "NO_RESERVE_ZONE")
    with psycopg.connect(here.reader_dsn, autocommit=True) as reader:
        with held(here, overlap) as found:
            told = [answers(reader, "LT-14", subject) for _, subject in found]
        before = [answers(reader, "LT-14", subject) for _, subject in found]
    assert {answer["NO_PROTECTED_AREA"][0] for answer in told} == {"HELD"}
    assert [[answer[check] for check in others] for answer in told] == [
        [answer[check] for check in others] for answer in before
    ]


LAST_GOOD = """
update release.{0} set is_held = true where {1} = '{2}';
insert into release.held select '{0}', release_id, '{2}', null, true from release.pointer;
insert into quality.row_outcome (dataset, record_key, release_id, outcome, rule_ids, custodian, concerns)
select '{0}', '{2}', release_id, 'held', '{{Z99}}', 'Cơ quan chủ quản', '{{}}' from release.pointer;
delete from release.parcel_constraint;
delete from release.mineral_constraint_piece
"""


@pytest.mark.parametrize(
    ("dataset", "key", "check"),
    [("mineral_licence", "licence_key", "NO_LICENCE_OVERLAP"), ("mineral_zone", "zone_key", "NO_RESERVE_ZONE"),
     ("mineral_zone", "zone_key", "MINERAL_PLANNING_KNOWN"), ("mineral_zone", "zone_key", "AUCTION_ZONES_KNOWN"),
     ("protected_area", "protected_area_key", "NO_PROTECTED_AREA")],
)  # fmt: skip
def test_the_last_good_place_of_a_held_record_is_not_free(here: Province, dataset: str, key: str, check: str) -> None:
    """The newest version lies elsewhere, or nowhere; the one that is served still lies over the place."""
    place = f"""
        select r.{key}, {POINT}, jsonb_build_object('parcel_key', p.parcel_key)
        from release.{dataset} as r inner join release.land_parcel as p on st_intersects(p.geom, r.geom)
        where {f"r.kind = any(checks.kinds_of('{check}'))" if dataset == "mineral_zone" else "true"} limit 1
    """
    with here.changed() as conn:
        record, *subjects = conn.execute(place).fetchone() or ()
        conn.execute(LAST_GOOD.format(dataset, key, record))
        for subject in subjects:
            assert answers(conn, "LT-14", json.dumps(subject))[check][:2] == ("HELD", "CONSTRAINT_HELD"), subject


@pytest.mark.parametrize("listed", ["subject = 'PARCEL'", "datasets = '{mineral_zone,land_parcel}'"])
def test_a_place_that_was_not_read_is_an_error_and_no_pass(here: Province, listed: str) -> None:
    """A check listed so that nobody reads its place would else find nothing there."""
    wrong = f"update release.procedure_requirement set {listed} where check_code = 'NO_RESERVE_ZONE'"
    subject = {"parcel_key": "land_registry:1", "checks": ["NO_RESERVE_ZONE"]}
    with here.changed(wrong) as conn, pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        answers(conn, "LT-14", json.dumps(subject))


def test_an_organisation_that_only_held_records_name_is_held(here: Province) -> None:
    code = "0402230476"
    with psycopg.connect(here.admin_dsn, autocommit=True) as conn:
        conn.execute(
            "update release.facility set operator_tax_code = %s where facility_key = 'environment_permits:0'", (code,)
        )
        with psycopg.connect(here.reader_dsn, autocommit=True) as reader:
            assert answers(reader, "LT-14", {"organisation_tax_code": code})["ORGANISATION_KNOWN"][0] == "PASS"
            with held(here, Asked("facility", "LT-14", "ORGANISATION_KNOWN", "jsonb_build_object()")):
                assert answers(reader, "LT-14", {"organisation_tax_code": code})["ORGANISATION_KNOWN"][0] == "HELD"
