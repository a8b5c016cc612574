"""The generated land registry: clean rows satisfy every rule, and exactly the listed rows break the rule they name."""

import copy
import re
from datetime import date

import numpy as np
import pytest
import shapely
from pyproj import Geod, Transformer

from infra.demo import geohash
from infra.demo.columns import Columns
from infra.demo.land_faults import damage_land
from infra.demo.land_registry import make_tables
from infra.demo.land_rights import serials
from infra.demo.territory import load_communes, new_codes, project, to_zone

TODAY = date(2026, 11, 20)
GEOD = Geod(ellps="WGS84")


@pytest.fixture(scope="module")
def clean() -> dict[str, Columns]:
    return make_tables(0.02, seed=11, today=TODAY)


@pytest.fixture(scope="module")
def damaged(clean):
    tables = copy.deepcopy(clean)
    return tables, damage_land(tables, seed=11, count=3)


def keys_breaking(tables: dict[str, Columns]) -> dict[str, set[int]]:
    """Keys of parcels that break a rule, worked out without the generator's own arithmetic."""
    parcels = tables["parcel"]
    geometry, key = parcels["geom"], parcels["thuadatid"]
    survey = parcels["dientich"]
    area = np.array([geodesic(shape, zone) for shape, zone in zip(geometry, parcels["hetoado"], strict=True)])
    uses = tables["land_use"]
    known = np.isin(uses["thuadatid"], key)
    totals = np.bincount(np.searchsorted(key, uses["thuadatid"][known]), uses["dientich"][known], len(key))
    return {
        "L01": repeated_numbers(parcels),
        "L02": set(key[~shapely.is_valid(geometry)]),
        "L03": set(key[np.abs(area - survey) > np.maximum(0.01 * survey, 2)]),
        "L04": overlapping(parcels),
        "L05": outside_commune(parcels),
        "L07": set(key[np.abs(totals - parcels["dientichphaply"]) > 0.1]),
        "L11": wrong_uid(parcels),
        "L14": code_out_of_time(parcels),
        "L15": too_large(tables),
        "L16": set(key[survey <= 0]),
    }


def geodesic(shape, zone: int) -> float:
    x, y = shapely.get_coordinates(shape).T
    lon, lat = Transformer.from_crs(f"EPSG:{zone}", "EPSG:4756", always_xy=True).transform(x, y)
    return abs(GEOD.polygon_area_perimeter(lon, lat)[0]) if np.isfinite(lon).all() else -1e9


def repeated_numbers(parcels: Columns) -> set[int]:
    seen: dict[tuple, list[int]] = {}
    for row in zip(
        *(parcels[n] for n in ("maxa", "maxa_tungay", "sohieutobando", "sothututhua", "thuadatid")), strict=True
    ):
        code, day, sheet, number, key = row
        era = day >= np.datetime64("2025-07-01")
        seen.setdefault((code, era, sheet.removesuffix(".0"), number.removesuffix(".0")), []).append(key)
    return {key for keys in seen.values() if len(keys) > 1 for key in keys}


def overlapping(parcels: Columns) -> set[int]:
    found: set[int] = set()
    for zone in np.unique(parcels["hetoado"]):
        rows = np.flatnonzero((parcels["hetoado"] == zone) & shapely.is_valid(parcels["geom"]))
        shapes = parcels["geom"][rows]
        left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
        left, right = left[left < right], right[left < right]
        over = shapely.area(shapely.intersection(shapes[left], shapes[right])) > 1
        found |= set(parcels["thuadatid"][rows[left[over]]]) | set(parcels["thuadatid"][rows[right[over]]])
    return found


def outside_commune(parcels: Columns) -> set[int]:
    communes = load_communes()
    found = set()
    for code, key, shape, zone in zip(*(parcels[n] for n in ("maxa", "thuadatid", "geom", "hetoado")), strict=True):
        of_code = [c for c in communes if code == c.code or code in c.old_codes]
        point = shape.centroid
        if not any(shapely.distance(boundary(c, zone), point) <= 500 for c in of_code):
            found.add(key)
    return found


def boundary(commune, zone: int, known: dict = {}):  # noqa: B006
    if (commune.code, zone) not in known:
        known[commune.code, zone] = project(commune.boundary, int(zone))
    return known[commune.code, zone]


def wrong_uid(parcels: Columns) -> set[int]:
    found = set()
    for uid, key, shape, zone in zip(*(parcels[n] for n in ("mathuadat", "thuadatid", "geom", "hetoado")), strict=True):
        if uid is None:
            continue
        point = shape.representative_point()
        lon, lat = to_zone(int(zone)).transform(point.x, point.y, direction="INVERSE")
        steps = np.array([-1, 0, 1])
        near_lon, near_lat = np.meshgrid(lon + steps * 360 / 2**20, lat + steps * 180 / 2**20)
        cells = geohash.encode(near_lon.ravel(), near_lat.ravel(), 8)
        if not re.fullmatch("[0-9b-hjkmnp-z]{12}", uid) or uid[:8] not in cells:
            found.add(key)
    return found


def code_out_of_time(parcels: Columns) -> set[int]:
    is_new = parcels["maxa_tungay"] >= np.datetime64("2025-07-01")
    known = np.isin(parcels["maxa"], list(new_codes()))
    old = {code for commune in load_communes() for code in commune.old_codes}
    return set(parcels["thuadatid"][np.where(is_new, ~known, ~np.isin(parcels["maxa"], list(old)))])


def too_large(tables: dict[str, Columns]) -> set[int]:
    uses, parcels = tables["land_use"], tables["parcel"]
    main = uses["mucdichsudung"][uses["lamucdichchinh"]]
    found = set()
    for code in set(main):
        rows = main == code
        survey = parcels["dientich"][rows]
        found |= set(parcels["thuadatid"][rows][survey > 10 * np.median(survey)])
    return found


def test_clean_parcels_break_no_rule(clean):
    assert {rule: keys for rule, keys in keys_breaking(clean).items() if keys} == {}


def test_every_fault_is_caught_and_touches_no_other_parcel(damaged):
    tables, faults = damaged
    breaking = keys_breaking(tables)
    listed = {int(fault.source_key) for fault in faults if fault.dataset == "land_parcel"}
    for fault in faults:
        if fault.rule_id in breaking:
            assert int(fault.source_key) in breaking[fault.rule_id], fault
    assert set().union(*breaking.values()) - listed == set()


def test_all_parcel_fault_kinds_are_made_as_often_as_asked(damaged):
    _, faults = damaged
    pairs = ("duplicate_number", "overlap")
    kinds = {fault.fault for fault in faults if fault.dataset == "land_parcel"}
    assert len(kinds) == 14
    for kind in kinds:
        assert sum(fault.fault == kind for fault in faults) == (6 if kind in pairs else 3), kind


def test_wrong_zone_and_swapped_axes_put_a_parcel_outside_its_commune(damaged):
    tables, faults = damaged
    moved = {int(fault.source_key) for fault in faults if fault.rule_id in ("L12", "L13")}
    assert moved <= outside_commune(tables["parcel"])


def test_restrictions_refer_to_what_exists_and_end_after_they_start(clean, damaged):
    for tables, expected in ((clean, 0), (damaged[0], 3)):
        ids = {"THUA": "thuadatid", "GCN": "gcnid", "NGUOI": "nguoiid", "TAISAN": "taisanid"}
        subject = dict(
            zip(ids, (tables["parcel"], tables["certificate"], tables["party"], tables["asset"]), strict=True)
        )
        dangling = backwards = 0
        block = tables["block"]
        for kind, name in ids.items():
            dangling += int((~np.isin(block["doituongid"][block["loaidoituong"] == kind], subject[kind][name])).sum())
        mortgage, dispute = tables["mortgage"], tables["dispute"]
        dangling += int((~np.isin(mortgage["gcnid"].astype(int), tables["certificate"]["gcnid"])).sum())
        dangling += int((~np.isin(dispute["thuadatid"], tables["parcel"]["thuadatid"])).sum())
        for table, start in ((block, "ngaybatdau"), (mortgage, "ngaythechap"), (dispute, "ngayphatsinh")):
            backwards += int((table["ngayketthuc"] < table[start]).sum())
        assert (dangling, backwards) == (expected, expected)


def test_the_dispute_flag_agrees_with_open_disputes(clean):
    parcels, dispute = clean["parcel"], clean["dispute"]
    flagged = set(parcels["thuadatid"][parcels["dangtranhchap"]])
    assert flagged == set(dispute["thuadatid"][dispute["contranhchap"]])
    assert flagged


def test_the_same_seed_makes_the_same_rows_and_another_seed_others(clean):
    again = make_tables(0.02, seed=11, today=TODAY)
    other = make_tables(0.02, seed=12, today=TODAY)
    for name, columns in clean.items():
        for column, values in columns.items():
            assert all(a == b or (a != a and b != b) for a, b in zip(values, again[name][column], strict=True)), column
    assert not shapely.equals(clean["parcel"]["geom"][0], other["parcel"]["geom"][0])


def test_every_commune_has_parcels_under_old_and_some_under_new_codes(clean):
    parcels = clean["parcel"]
    assert len(np.unique(parcels["_commune"])) == 129
    share_new = (parcels["maxa_tungay"] >= np.datetime64("2025-07-01")).mean()
    assert 0.1 < share_new < 0.6
    assert {5897, 9209} == set(parcels["hetoado"])


def test_the_scale_is_a_lower_bound_on_parcels(clean):
    assert 4_000 <= len(clean["parcel"]["thuadatid"]) <= 6_000


def test_a_serial_is_printed_once_in_a_registry_of_any_size():
    certificates = 1_500_000  # more than there are letters for blocks of a thousand
    printed = serials(np.arange(certificates) % 2 == 0)
    assert len(set(printed)) == certificates
    assert {len(serial) for serial in printed[[0, 1, -2, -1]]} == {9, 11}


def test_persons_are_born_in_the_year_that_their_number_tells(clean):
    party = clean["party"]
    told = [
        (int(number[4:6]) + 1900, int(str(born)[:4]))
        for number, born in zip(party["sogiayto"], party["ngaysinh"], strict=True)
        if number is not None and len(number) == 12
    ]
    assert len(told) > 100
    assert all(by_number == born for by_number, born in told)
