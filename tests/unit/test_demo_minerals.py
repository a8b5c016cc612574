"""Generated licences and zones: clean ones satisfy the rules of the cadastre, damaged ones break the rule they name."""

import re
from datetime import date
from itertools import combinations

import numpy as np
import pytest
import shapely
from pyproj import Geod
from stdnum.vn import mst

from infra.demo.mineral_cadastre import corner_columns, licence_columns, make_tables, make_workbook, make_zones
from infra.demo.mineral_licences import Licence, make_licences
from infra.demo.territory import load_communes, project, unproject

TODAY = date(2026, 11, 20)
NUMBER = re.compile(
    r"(?P<no>\d{1,5})\s*/\s*(?P<sym>G(?:P|XN))-(?P<issuer>[A-ZĐ]+)"
    r"(?:.{0,12}?(?P<d>\d{1,2})[/.](?P<m>\d{1,2})[/.](?P<y>\d{4}))?"
)


@pytest.fixture(scope="module")
def licences() -> list[Licence]:
    return make_licences(seed=4, today=TODAY)


def shape_of(licence: Licence) -> shapely.Geometry:
    rings = [shapely.Polygon(ring) for ring in licence.rings]
    return unproject(shapely.union_all(rings), licence.zone)


def test_about_four_hundred_licences_of_all_kinds(licences):
    assert len(licences) == 400
    assert {licence.row["loai"] for licence in licences} == {"MINE", "EXPL", "SALV", "REC", "G4", "CLOSE"}
    assert sum(licence.row["thay_the_boi"] is not None for licence in licences) > 20


def test_numbers_parse_and_dates_agree(licences):
    seen = set()
    for licence in licences:
        row, parts = licence.row, NUMBER.search(licence.row["so_giay_phep"])
        assert parts, row["so_giay_phep"]
        written = date(int(parts["y"]), int(parts["m"]), int(parts["d"])) if parts["y"] else None
        issued = row["ngay_cap"] or written
        assert issued
        assert written in (None, issued)
        assert issued <= row["hieu_luc_tu"] < row["hieu_luc_den"]
        assert issued <= TODAY
        seen.add((parts["no"], parts["issuer"], issued))
    assert len(seen) == len(licences)


def test_stated_area_is_the_geodesic_area_of_the_corners_within_half_a_percent(licences):
    geod = Geod(ellps="WGS84")
    for licence in licences:
        area = sum(
            abs(geod.geometry_area_perimeter(unproject(shapely.Polygon(ring), licence.zone))[0])
            for ring in licence.rings
        )
        assert abs(area / 10_000 - licence.row["dien_tich_ha"]) <= 0.005 * licence.row["dien_tich_ha"], licence.row


def test_every_licence_lies_in_the_commune_it_states(licences):
    communes = load_communes()
    for licence in licences:
        code = licence.row["ma_xa"]
        centre = shape_of(licence).centroid
        assert any(c.boundary.contains(centre) for c in communes if code == c.code or code in c.old_codes)


def test_live_exploitation_licences_do_not_overlap(licences):
    live = [l for l in licences if l.row["loai"] == "MINE" and l.row["hieu_luc_den"] >= TODAY]  # noqa: E741
    shapes = [project(shape_of(licence), 5897) for licence in live]
    assert len(live) > 100
    assert not [(a, b) for a, b in combinations(shapes, 2) if a.intersects(b) and a.intersection(b).area > 100]


def test_tax_codes_are_valid(licences):
    for licence in licences:
        code = licence.row["ma_so_thue"]
        assert (len(code) == 12 and code.isdigit()) or mst.is_valid(code), code


def test_succession_ends_at_a_living_licence(licences):
    by_key = {licence.key: licence for licence in licences}
    for licence in licences:
        successor = licence.row["thay_the_boi"]
        if successor is not None:
            assert by_key[successor].row["thay_the_boi"] is None
            assert licence.row["hieu_luc_den"] < by_key[successor].row["hieu_luc_tu"]


def test_corners_are_written_northing_first_in_three_ways(licences):
    corners = corner_columns(licences)
    styles = {re.sub(r"\d+", "9", text) for text in corners["x"]}
    assert styles == {"9.9", "9.9.9,9", "9,9"}
    for x, y in zip(corners["x"], corners["y"], strict=True):
        northing, easting = read_metres(x), read_metres(y)
        assert 2_190_000 < northing < 2_300_000
        assert 500_000 < easting < 660_000


def read_metres(text: str) -> float:
    if "," in text:
        text = text.replace(".", "").replace(",", ".")
    return float(text)


def test_faults_are_listed_once_each_and_change_their_licence():
    clean = {licence.key: licence for licence in make_licences(seed=4, today=TODAY)}
    tables, faults = make_tables(seed=4, today=TODAY, count=2)
    damaged = dict(zip(tables["licence"]["giay_phep_id"], range(len(tables["licence"]["giay_phep_id"])), strict=True))
    keys = [fault.record_key for fault in faults if fault.dataset == "mineral_licence"]
    assert len(set(keys)) == len(keys)
    listed_count = unchanged = 0
    untouched = licence_columns(list(clean.values()))
    in_workbook = {text for text, *_ in make_workbook(seed=4, today=TODAY, count=2)[0]}
    for index, key in enumerate(untouched["giay_phep_id"]):
        listed = f"mineral_cadastre:{key}" in keys
        row = damaged[key]
        same = all(untouched[name][index] == tables["licence"][name][row] for name in untouched)
        corners = corners_of(tables["licence_corner"], key)
        without = len(corners[0]) == 0 and clean[key].row["so_giay_phep"] in in_workbook
        same = same and (without or corners == corners_of(corner_columns([clean[key]]), key))
        listed_count += listed
        unchanged += same
        assert same or listed, key
    assert listed_count > 20
    # Of a pair that overlaps or shares a number the first one stays as it was, and a polygon or a workbook that differs
    # leaves the licence alone.
    beside = sum(fault.fault in ("boundary_differs", "corners_differ") for fault in faults)
    assert beside == 2
    assert unchanged == len(clean) - listed_count + 4 + beside


def test_what_else_is_known_of_licences_agrees_with_their_corners_but_for_the_faults():
    tables, faults = make_tables(seed=4, today=TODAY, count=2)
    rows, workbook_faults = make_workbook(seed=4, today=TODAY, count=2)
    assert [fault.rule_id for fault in workbook_faults] == ["M20", "M20"]
    assert not {fault.record_key for fault in workbook_faults} & {fault.record_key for fault in faults}
    clean = {licence.key: licence for licence in make_licences(seed=4, today=TODAY)}
    wrong = {int(fault.source_key) for fault in faults if fault.rule_id == "M19"}
    boundaries = tables["licence_boundary"]
    assert len(boundaries["giay_phep_id"]) > 100
    for key, geom in zip(boundaries["giay_phep_id"], boundaries["geom"], strict=True):
        drawn = shapely.MultiPolygon([shapely.Polygon(ring) for ring in clean[key].rings])
        share = shapely.symmetric_difference(project(geom, clean[key].zone), drawn).area / drawn.area
        assert (share > 0.01) == (key in wrong), key
    held = {int(fault.source_key) for fault in workbook_faults}
    numbers = {licence.row["so_giay_phep"]: licence for licence in clean.values()}
    for text, block, order, _, x, y, zone in rows:
        licence = numbers[text]
        northing, easting = (float(value.replace(",", ".")) for value in (x, y))
        moved = np.hypot(*(licence.rings[block - 1][order - 1] - (easting, northing)))
        assert zone == licence.zone
        assert (moved > 1) == (licence.key in held and (block, order) == (1, 1))


def corners_of(columns, key):
    rows = columns["giay_phep_id"] == key
    return [tuple(columns[name][rows]) for name in ("x", "y", "he_toa_do")]


def test_zones_are_valid_and_some_have_thousands_of_vertices():
    zones = make_zones(seed=4, today=TODAY)
    assert len(zones["loai"]) == 60
    assert shapely.is_valid(zones["geom"]).all()
    assert set(zones["loai"]) == {"PROHIBITED", "TEMPORARILY_PROHIBITED", "RESERVE", "PLANNING", "AUCTION"}
    assert np.sort(shapely.get_num_coordinates(zones["geom"]))[-3] > 1000
