"""What lies over a place on another day than that of the build: by the dates of the records, or UNKNOWN."""

import json

import psycopg
import pytest

from tests.integration.answered_province import HELD_NOW, answers, province
from tests.integration.checked_subjects import FREE_PLACE, point

IN_RESERVE, IN_LICENCE, IN_AREA = point(105.802, 20.054), point(105.657, 20.073), point(105.687, 20.231)
ENDED = "status = 'EXPIRED', valid_from = '2026-01-01', valid_to = '2026-06-30'"
OVER = {
    "NO_RESERVE_ZONE": ("mineral_zone", IN_RESERVE),
    "NO_LICENCE_OVERLAP": ("mineral_licence", IN_LICENCE),
    "NO_PROTECTED_AREA": ("protected_area", IN_AREA),
}


@pytest.fixture(scope="module")
def here(cluster, homes):
    home = homes / "overlay-days"
    home.mkdir(mode=0o711, exist_ok=True)
    with province(cluster, "overlay_days", home) as made:
        yield made


def asked(day: str, subject: dict) -> dict:
    return subject | {"asked_at": f"{day}T08:00:00+07:00"}


def result(conn: psycopg.Connection, subject: dict, check: str = "NO_RESERVE_ZONE") -> tuple[str, str]:
    return answers(conn, "LT-14", subject)[check][:2]


def off_the_overlay(dataset: str, change: str) -> list[str]:
    """Every record of a dataset is changed, and what the overlay of the build says of them is gone."""
    return [
        f"update release.{dataset} set {change}",
        f"delete from release.parcel_constraint where constraint_dataset = '{dataset}'",
        f"delete from release.mineral_constraint_piece where constraint_dataset = '{dataset}'",
    ]


def parcel_over(conn: psycopg.Connection, check: str) -> dict:
    """A parcel that a record of the check lies over for the better part."""
    dataset, _ = OVER[check]
    kind = "and c.kind = 'RESERVE'" if dataset == "mineral_zone" else ""
    (key,) = conn.execute(
        f"select min(parcel_key) from release.parcel_constraint as c where constraint_dataset = '{dataset}' {kind}"
    ).fetchone()
    return {"parcel_key": key}


@pytest.mark.parametrize("check", OVER)
def test_what_has_ended_since_lay_over_the_place_on_the_days_of_its_term(here, check):
    dataset, place = OVER[check]
    with here.changed() as conn:
        over = parcel_over(conn, check)
        for change in off_the_overlay(dataset, ENDED):
            conn.execute(change)
        for subject in (place, over):
            found = answers(conn, "LT-14", asked("2026-06-30", subject))[check]
            assert found[:2] == ("FAIL", "OVERLAPS"), subject
            assert found[2]["overlaps"][0]["valid_to"] == "2026-06-30"
            for day in ("2026-07-01", "2025-12-31"):
                assert result(conn, asked(day, subject), check) == ("PASS", "NO_OVERLAP"), (subject, day)
            assert result(conn, subject, check) == ("PASS", "NO_OVERLAP")
        assert result(conn, asked("2026-06-30", FREE_PLACE), check) == ("PASS", "NO_OVERLAP")


def test_the_overlap_of_a_day_is_that_of_the_overlay(here):
    """Areas and sliver are those of the release for the same parcels."""
    with here.changed() as conn:
        over = parcel_over(conn, "NO_RESERVE_ZONE")
        by_overlay = answers(conn, "LT-14", IN_RESERVE)["NO_RESERVE_ZONE"][2]["overlaps"]
        for change in off_the_overlay("mineral_zone", ENDED):
            conn.execute(change)
        by_dates = answers(conn, "LT-14", asked("2026-06-30", IN_RESERVE))["NO_RESERVE_ZONE"][2]["overlaps"]
        assert {o["constraint_key"] for o in by_dates} == {o["constraint_key"] for o in by_overlay}
        (parcel_m2,) = conn.execute(
            "select st_area(geom::geography) from release.land_parcel where parcel_key = %s", [over["parcel_key"]]
        ).fetchone()
        (found,) = answers(conn, "LT-14", asked("2026-06-30", over))["NO_RESERVE_ZONE"][2]["overlaps"]
        assert found["overlap_area_m2"] <= round(parcel_m2, 1) and found["parcel_key"] == over["parcel_key"]
        conn.execute("update release.mineral_zone set geom = st_multi(st_translate(geom, 0.3, 0))")
        assert result(conn, asked("2026-06-30", over)) == ("PASS", "NO_OVERLAP")


@pytest.mark.parametrize("check", OVER)
def test_what_has_begun_since_the_build_lies_over_the_place(here, check):
    dataset, place = OVER[check]
    begins = "status = 'NOT_YET', valid_from = current_date - 2, valid_to = '2040-01-01'"
    built_before = "update release.release set fingerprint = jsonb_build_object('today', current_date - 5)"
    with here.changed(*off_the_overlay(dataset, begins), built_before) as conn:
        assert result(conn, place, check) == ("FAIL", "OVERLAPS")
        conn.execute(f"update release.{dataset} set valid_from = current_date + 2")
        assert result(conn, place, check) == ("PASS", "NO_OVERLAP")


def test_a_replaced_licence_was_in_force_until_the_first_day_of_the_other(here):
    replaced = (
        "status = 'REPLACED', replaced_by = 'mineral_cadastre:new', valid_from = '2026-01-01', valid_to = '2040-01-01'"
    )
    successor = (
        "insert into release.mineral_licence (licence_key, status, valid_from, valid_to, is_held, row_hash, "
        "from_release, to_release) select 'mineral_cadastre:new', 'IN_FORCE', {}, '2040-01-01', {}, '', release_id, "
        "9223372036854775807 from release.pointer"
    )
    changes = off_the_overlay("mineral_licence", replaced)

    def told(day: str) -> tuple[str, str]:
        return result(conn, asked(day, IN_LICENCE), "NO_LICENCE_OVERLAP")

    with here.changed(*changes, successor.format("'2026-07-01'::date", "false")) as conn:
        assert told("2026-06-30") == ("FAIL", "OVERLAPS")
        assert told("2026-07-01") == ("PASS", "NO_OVERLAP")
        assert result(conn, IN_LICENCE, "NO_LICENCE_OVERLAP") == ("PASS", "NO_OVERLAP")
    for undated in (
        successor.format("null::date", "false"),
        successor.format("'2026-07-01'::date", "true"),
        "select 1",
    ):
        with here.changed(*changes, undated) as conn:
            assert told("2026-06-30") == ("UNKNOWN", "END_NOT_RECORDED"), undated
            assert told("2025-12-31") == ("PASS", "NO_OVERLAP"), "not begun then"
            assert result(conn, IN_LICENCE, "NO_LICENCE_OVERLAP") == ("PASS", "NO_OVERLAP")
            assert result(conn, asked("2026-06-30", FREE_PLACE), "NO_LICENCE_OVERLAP") == ("PASS", "NO_OVERLAP")


def test_a_licence_that_was_replaced_since_the_build_no_longer_counts(here):
    built_before = "update release.release set fingerprint = jsonb_build_object('today', current_date - 5)"
    followed = (
        "update release.mineral_licence set replaced_by = 'mineral_cadastre:new' "
        "where licence_key <> 'mineral_cadastre:new'"
    )
    successor = (
        "insert into release.mineral_licence (licence_key, status, valid_from, valid_to, is_held, row_hash, "
        "from_release, to_release) select 'mineral_cadastre:new', 'NOT_YET', current_date{}, '2040-01-01', false, '', "
        "release_id, 9223372036854775807 from release.pointer"
    )
    with here.changed(built_before, successor.format(" - 2"), followed) as conn:
        assert result(conn, IN_LICENCE, "NO_LICENCE_OVERLAP") == ("PASS", "NO_OVERLAP")
    with here.changed(built_before, successor.format(" + 2"), followed) as conn:
        assert result(conn, IN_LICENCE, "NO_LICENCE_OVERLAP") == ("FAIL", "OVERLAPS")


def test_a_held_record_that_ended_is_no_pass_on_the_days_of_its_term(here):
    """It is not in the overlay, and not served: its place and its days stand among its names."""
    where = "shared.cells_held(st_setsrid(st_makepoint(105.6003, 20.0003), 4756), 'cell')"
    hold = (
        "insert into quality.row_outcome (dataset, record_key, release_id, outcome, rule_ids, custodian, concerns) "
        "select 'mineral_licence', 'mineral_cadastre:old', p.release_id, 'held', array['M08'], 'Sở', "
        f"{where} || string_to_array('from:2020-01-01,until:{{}}', ',') from release.pointer as p"
    )
    with here.changed(hold.format("2026-06-30")) as conn:
        assert result(conn, asked("2026-06-30", FREE_PLACE), "NO_LICENCE_OVERLAP") == ("HELD", "RECORD_HELD")
        for subject in (FREE_PLACE, asked("2026-07-01", FREE_PLACE)):
            assert result(conn, subject, "NO_LICENCE_OVERLAP") == ("PASS", "NO_OVERLAP"), subject
    with here.changed(hold.format("2040-01-01,replaced")) as conn:
        assert result(conn, asked("2026-06-30", FREE_PLACE), "NO_LICENCE_OVERLAP") == ("HELD", "RECORD_HELD")
        assert result(conn, FREE_PLACE, "NO_LICENCE_OVERLAP") == ("PASS", "NO_OVERLAP")


def test_what_is_held_and_lay_over_the_place_then_is_held(here):
    with here.changed(*off_the_overlay("mineral_zone", ENDED)) as conn:
        for key in conn.execute("select zone_key from release.mineral_zone").fetchall():
            conn.execute(HELD_NOW.format(dataset="mineral_zone", key=key[0], concerns=""))
        assert result(conn, asked("2026-06-30", IN_RESERVE)) == ("HELD", "CONSTRAINT_HELD")


def test_a_receipt_lists_what_lay_over_the_place_then(here):
    with here.changed(*off_the_overlay("mineral_zone", ENDED)) as conn:
        query = (
            "select r ->> 'dataset' from jsonb_array_elements(shared.answer_for_receipt('LT-14', %s) -> 'rows') as r"
        )
        rows = [name for (name,) in conn.execute(query, [json.dumps(asked("2026-06-30", IN_RESERVE))])]
        assert "mineral_zone" in rows
