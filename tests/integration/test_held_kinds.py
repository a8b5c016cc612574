"""A zone that is held matters to the checks of its kind; to all of them where its kind is what is in doubt."""

from datetime import date

import psycopg
import pytest
from psycopg import sql

from expectations.held_concerns import TOLD_CONCERNS, about_column
from expectations.rules import load_rulebook
from tests.integration.answered_province import answers, province
from tests.integration.checked_subjects import FREE_PLACE, point

ZONE_CHECKS = {
    "PROHIBITED": "NO_PROHIBITED_ZONE",
    "TEMPORARILY_PROHIBITED": "NO_TEMPORARILY_PROHIBITED_ZONE",
    "RESERVE": "NO_RESERVE_ZONE",
    "PLANNING": "MINERAL_PLANNING_KNOWN",
    "AUCTION": "AUCTION_ZONES_KNOWN",
}
AT_FREE_PLACE = "shared.cells_held(st_setsrid(st_makepoint(105.6003, 20.0003), 4756), 'cell')"
HOLD = (
    "insert into quality.row_outcome (dataset, record_key, release_id, outcome, rule_ids, custodian, concerns) "
    "select '{}', '{}', release_id, 'held', array['M17'], 'Cục', {} from release.pointer"
)


@pytest.fixture(scope="module")
def here(cluster, homes):
    home = homes / "held-kinds"
    home.mkdir(mode=0o711, exist_ok=True)
    with province(cluster, "held_kinds", home) as made:
        yield made


def held_checks(conn: psycopg.Connection, subject: dict) -> set[str]:
    """The checks of what lies over a place that are HELD."""
    found = answers(conn, "LT-14", subject)
    over = {*ZONE_CHECKS.values(), "NO_LICENCE_OVERLAP", "NO_PROTECTED_AREA"}
    return {check for check in over if found[check][0] == "HELD"}


def test_a_zone_held_at_the_place_matters_to_checks_of_its_kind(here):
    def held(*sound: str) -> set[str]:
        names = f"{AT_FREE_PLACE} || array[{', '.join(map(repr, sound))}]::text[]"
        with here.changed(HOLD.format("mineral_zone", "mineral_cadastre:held", names)) as conn:
            return held_checks(conn, FREE_PLACE)

    for kind, check in ZONE_CHECKS.items():
        assert held(f"kind:{kind}") == {check}
    assert held() == set(ZONE_CHECKS.values()), "what kind it is nobody knows"
    assert held("kind:RESERVE", "from:2020-01-01", "until:2024-12-31") == set(), "over today, whatever its shape"
    assert held("kind:RESERVE", "from:2020-01-01") == {"NO_RESERVE_ZONE"}


def test_an_area_is_looked_for_in_the_commune_that_has_it_and_in_no_other(here):
    area = {"type": "Polygon", "coordinates": [[[105.6003, 20.0003], [105.6005, 20.0003], [105.6005, 20.0005],
            [105.6003, 20.0003]]]}  # fmt: skip
    communes = (
        "select code from release.administrative_unit where level = 'commune' and valid_to is null "
        "and st_covers(geom, st_setsrid(st_makepoint(105.6004, 20.0004), 4756)) = {} order by code limit 1"
    )
    for is_here, expected in (("true", {"NO_LICENCE_OVERLAP"}), ("false", set())):
        with here.changed() as conn:
            (code,) = conn.execute(communes.format(is_here)).fetchone()
            conn.execute(HOLD.format("mineral_licence", "mineral_cadastre:held", f"array['commune:{code}']"))
            assert held_checks(conn, {"geometry": area, "srid": 4756}) == expected, code


def test_an_overlap_that_is_held_for_its_zone_is_of_the_kind_of_the_zone(here):
    subject = {"parcel_key": "land_registry:1"}
    overlap = HOLD.format(
        "parcel_constraint", "land_registry:1|mineral_zone|z:1", "array['land_parcel:land_registry:1']"
    )
    for sound, expected in (
        ("array['kind:AUCTION']", {"AUCTION_ZONES_KNOWN"}),
        ("array['kind:RESERVE']", {"NO_RESERVE_ZONE"}),
        ("array[]::text[]", set(ZONE_CHECKS.values())),
    ):
        with here.changed(overlap, HOLD.format("mineral_zone", "z:1", sound)) as conn:
            assert held_checks(conn, subject) == expected, sound
    with here.changed(overlap) as conn:
        assert held_checks(conn, subject) == set(ZONE_CHECKS.values()), "held for itself"
    licence = overlap.replace("|mineral_zone|", "|mineral_licence|")
    with here.changed(licence) as conn:
        assert held_checks(conn, subject) == {"NO_LICENCE_OVERLAP"}


def test_the_last_good_version_counts_by_its_kind_and_by_the_new_one(here):
    """The zone was of one kind and may now be of another: it matters to both, and to no third."""
    with here.changed() as conn:
        (auction, east, north) = conn.execute(
            "select zone_key, st_x(st_centroid(geom)), st_y(st_centroid(geom)) from release.mineral_zone "
            "where kind = 'AUCTION' order by st_x(st_centroid(geom)) limit 1"
        ).fetchone()
    served = (
        f"update release.mineral_zone set is_held = true where zone_key = '{auction}'",
        f"insert into release.held select 'mineral_zone', release_id, '{auction}', 1, true from release.pointer",
        "delete from release.mineral_constraint_piece",
    )
    for sound, expected in (
        ("array['kind:AUCTION']", {"AUCTION_ZONES_KNOWN"}),
        ("array['kind:RESERVE']", {"NO_RESERVE_ZONE", "AUCTION_ZONES_KNOWN"}),
        ("array[]::text[]", set(ZONE_CHECKS.values())),
    ):
        with here.changed(*served, HOLD.format("mineral_zone", auction, sound)) as conn:
            assert held_checks(conn, point(east, north)) == expected, sound


def named(conn: psycopg.Connection, dataset: str, **row) -> set[str]:
    """By which names a row of a dataset is found when it is held, places apart; "placed" where any place is told."""
    insert = sql.SQL("insert into warehouse.{} ({}, geom) values ({}, {})").format(
        sql.Identifier(dataset), sql.SQL(", ").join(map(sql.Identifier, row)),
        sql.SQL(", ").join(map(sql.Literal, row.values())),
        sql.SQL("st_multi(st_buffer(st_setsrid(st_makepoint(105.8, 20.2), 4756), 0.001))"),
    )  # fmt: skip
    conn.execute(sql.SQL("delete from warehouse.{}").format(sql.Identifier(dataset)))
    conn.execute(insert)
    query = sql.SQL("select {} from (select {} from warehouse.{} as r) as t").format(
        TOLD_CONCERNS.format(about=sql.Identifier("about")),
        about_column(load_rulebook(dataset)),
        sql.Identifier(dataset),
    )
    (names,) = conn.execute(query).fetchone()
    return {"placed" if n.startswith("cell:") else n for n in names if not n[0].isdigit()}


def test_what_is_sound_of_a_zone_is_told_with_its_place(here):
    zone = {"zone_key": "z:1", "kind": "AUCTION", "is_kind_known": True, "is_geometry_valid": False,
            "status": "IN_FORCE", "is_within_register": True, "valid_from": date(2020, 1, 1),
            "valid_to": date(2024, 12, 31)}  # fmt: skip
    sound = {"placed", "kind:AUCTION", "from:2020-01-01", "until:2024-12-31"}
    with here.changed() as conn:
        assert named(conn, "mineral_zone", **zone) == sound
        assert named(conn, "mineral_zone", **zone | {"is_kind_known": False}) == sound - {"kind:AUCTION"}
        assert named(conn, "mineral_zone", **zone | {"status": "UNKNOWN"}) == {"placed", "kind:AUCTION"}
        assert named(conn, "mineral_zone", **zone | {"valid_to": None}) == sound - {"until:2024-12-31"}
        area = {k: v for k, v in zone.items() if k != "zone_key"} | {"protected_area_key": "a:1"}
        assert named(conn, "protected_area", **area) == sound - {"kind:AUCTION"}
        assert named(conn, "protected_area", **area | {"status": "UNKNOWN"}) == {"placed"}


def test_a_licence_that_the_overlay_leaves_out_is_told_by_its_place(here):
    licence = {"licence_key": "l:1", "is_geometry_valid": True, "status": "EXPIRED", "issued_on": date(2019, 6, 1),
               "valid_from": date(2020, 1, 1), "valid_to": date(2024, 12, 31), "is_zone_usual": True}  # fmt: skip
    term = {"from:2020-01-01", "until:2024-12-31"}
    with here.changed() as conn:
        assert named(conn, "mineral_licence", **licence) == {"placed"} | term
        assert named(conn, "mineral_licence", **licence | {"status": "NOT_YET"}) == {"placed"} | term
        assert named(conn, "mineral_licence", **licence | {"status": "REPLACED"}) == {"placed", "replaced"} | term
        assert named(conn, "mineral_licence", **licence | {"status": "IN_FORCE"}) == term, "it is in the overlay"
        for unsound in ({"valid_from": date(2025, 1, 1)}, {"issued_on": date(2021, 1, 1)}, {"status": "UNKNOWN"}):
            assert named(conn, "mineral_licence", **licence | unsound) == {"placed"}, unsound
