"""Faults of VN-2000 coordinates of licences, facilities and stations; those of parcels are in `vn2000_faults`.

Facilities and stations with a fault are rows more, so that nothing depends on them; licences are taken where nothing
else compares them, but for the one fault that a second outline must show.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

import numpy as np
import shapely

from infra.demo.columns import Columns, stream
from infra.demo.environment_facilities import Row, make_facility
from infra.demo.ground_truth import Fault
from infra.demo.land_parcels import REFORM
from infra.demo.mineral_licences import Licence
from infra.demo.territory import Commune, load_communes, project, unproject
from infra.demo.vn2000_faults import without_datum_shift

OTHER_ZONE = {5897: 9209, 9209: 5897}
ZONE_OF_NOBODY = 9210  # 15' east of 105°30': no register of the province states it
EDGE_M = (20, 280)
Damage = Callable[[Row], Row]


def damage_facility_coordinates(
    facilities: list[Row], *, seed: int, today: date, count: int
) -> tuple[list[Row], list[Fault]]:
    """`count` facilities more of every kind of fault, and what is wrong with them."""
    rng = stream(seed, "vn2000_facilities")
    communes = load_communes()
    added: list[Row] = []
    faults = []
    for fault, (rule, effect, damage) in FACILITY_FAULTS.items():
        for _ in range(count):
            commune = communes[int(rng.integers(len(communes)))]
            row = make_facility(len(facilities) + len(added) + 1, commune, rng, today=today)
            added.append(damage(row) if damage else row | place_beyond_edge(commune, rng))
            faults.append(_fault("environment_permits", "facility", row["co_so_id"], fault, rule, effect))
    return added, faults


def damage_station_coordinates(stations: list[Row], *, seed: int) -> tuple[list[Row], list[Fault]]:
    """A station more of some kinds, listed but not sending yet: a list of fifty rows bears no more held ones."""
    rng = stream(seed, "vn2000_stations")
    of_facilities = [row for row in stations if row["co_so_id"]]
    communes = load_communes()
    added, faults = [], []
    for number, (fault, (rule, effect, damage)) in enumerate(STATION_FAULTS.items(), 951):
        row = of_facilities[int(rng.integers(len(of_facilities)))] | {"ma_tram": f"NBNT{number}"}
        commune = communes[int(rng.integers(len(communes)))]
        added.append(damage(row) if damage else row | {"co_so_id": ""} | place_beyond_edge(commune, rng))
        faults.append(_fault("monitoring_feed", "monitoring_station", row["ma_tram"], fault, rule, effect))
    return added, faults


def damage_licence_coordinates(
    licences: list[Licence], boundaries: Columns, *, but: set[int], seed: int, count: int
) -> tuple[list[Licence], list[Fault]]:
    """The licences with `count` faults of every kind, none of `but`; without the datum shift those with a polygon."""
    order = stream(seed, "vn2000_licences").permutation(len(licences))
    received = set(boundaries["giay_phep_id"].tolist())
    fit = [int(i) for i in order if licences[i].key not in but and _is_alone(licences[i])]
    free = iter([i for i in fit if licences[i].key not in received])
    drawn = iter([i for i in fit if licences[i].key in received and _stays_inside(licences[i])])
    licences, faults = list(licences), []
    for fault, (rule, effect, damage) in LICENCE_FAULTS.items():
        for _ in range(count):
            index = next(drawn if damage is _unshifted else free)
            licences[index] = damage(licences[index])
            faults.append(_fault("mineral_cadastre", "mineral_licence", licences[index].key, fault, rule, effect))
    return licences, faults


def place_beyond_edge(commune: Commune, rng: np.random.Generator) -> Row:
    """A place in the commune by today's code, whose WGS 84 coordinates entered as VN-2000 lie beyond its boundary."""
    ground = project(commune.boundary, commune.zone)
    for place in _near(ground.boundary, rng):
        stated = without_datum_shift(place, commune.zone)
        if ground.buffer(-EDGE_M[0]).covers(place) and EDGE_M[0] < ground.distance(stated) < EDGE_M[1]:
            texts = {"ma_xa": commune.code, "ma_xa_tu_ngay": REFORM.isoformat(), "he_toa_do": commune.zone}
            return texts | {"x": f"{stated.y:.2f}", "y": f"{stated.x:.2f}"}
    raise AssertionError("every boundary has two sides")


def _near(line: shapely.Geometry, rng: np.random.Generator) -> Iterator[shapely.Point]:
    while True:
        along = line.interpolate(float(rng.uniform(0, line.length)))
        yield shapely.Point(shapely.get_coordinates(along)[0] + rng.uniform(-150, 150, 2))


def _fault(system: str, dataset: str, key: object, fault: str, rule: str, effect: str) -> Fault:
    table = {"facility": "facility", "monitoring_station": "station", "mineral_licence": "licence_corner"}[dataset]
    return Fault(system, table, str(key), dataset, f"{system}:{key}", fault, rule, effect)


def _point(row: Row) -> shapely.Point:
    return shapely.Point(float(row["y"].replace(",", ".")), float(row["x"].replace(",", ".")))


def _stated(row: Row, point: shapely.Point, pattern: str = "{:.2f}", **values: object) -> Row:
    return row | {"x": pattern.format(point.y), "y": pattern.format(point.x)} | values


def _site_unreadable(row: Row) -> Row:
    return row | {"x": row["x"][:5] + "?" + row["x"][6:]}


def _site_swapped(row: Row) -> Row:
    return row | {"x": row["y"], "y": row["x"]}


def _site_prefixed(row: Row) -> Row:
    return row | {"y": "18" + row["y"]}


def _site_without_comma(row: Row) -> Row:
    point = _point(row)
    return _stated(row, shapely.Point(point.x * 1000, point.y * 1000), "{:.0f}")


def _site_in_degrees(row: Row) -> Row:
    return _stated(row, unproject(_point(row), row["he_toa_do"]), "{:.6f}")


def _site_in_a_local_grid(row: Row) -> Row:
    return row | {"x": "5123,40", "y": "4871,20"}


def _site_in_wrong_zone(row: Row) -> Row:
    return row | {"he_toa_do": OTHER_ZONE[row["he_toa_do"]]}


def _site_in_no_zone(row: Row) -> Row:
    moved = project(unproject(_point(row), row["he_toa_do"]), ZONE_OF_NOBODY)
    return _stated(row, moved, he_toa_do=0)


def _site_without_zone(row: Row) -> Row:
    return row | {"he_toa_do": 0}


def _site_without_shift(row: Row) -> Row:
    return _stated(row, without_datum_shift(_point(row), row["he_toa_do"]))


def _is_alone(licence: Licence) -> bool:
    return licence.site.from_parcels > 0 and not licence.corner_texts and licence.row["loai"] != "MINE"


def _stays_inside(licence: Licence) -> bool:
    ground = project(licence.site.commune.boundary, licence.zone)
    return bool(ground.covers(shapely.MultiPoint(np.vstack(_unshifted(licence).rings))))


def _reshaped(licence: Licence, change: Callable[[np.ndarray], np.ndarray]) -> Licence:
    return replace(licence, rings=[change(ring) for ring in licence.rings], style=0)


def _without_comma(licence: Licence) -> Licence:
    return _reshaped(licence, lambda ring: ring * 1000)


def _in_degrees(licence: Licence) -> Licence:
    texts = {}
    for block, ring in enumerate(licence.rings, 1):
        for order, (lon, lat) in enumerate(shapely.get_coordinates(unproject(shapely.points(ring), licence.zone)), 1):
            texts[block, order] = (f"{lat:.6f}", f"{lon:.6f}")
    return replace(licence, corner_texts=texts)


def _in_a_local_grid(licence: Licence) -> Licence:
    corner = np.vstack(licence.rings).min(axis=0) - 5000
    return _reshaped(licence, lambda ring: np.round(ring - corner, 2))


def _in_wrong_zone(licence: Licence) -> Licence:
    return replace(licence, zone=OTHER_ZONE[licence.zone])


def _in_no_zone(licence: Licence) -> Licence:
    def moved(ring: np.ndarray) -> np.ndarray:
        places = project(unproject(shapely.points(ring), licence.zone), ZONE_OF_NOBODY)
        return np.round(shapely.get_coordinates(places), 2)

    return replace(_reshaped(licence, moved), zone=0)


def _without_zone(licence: Licence) -> Licence:
    return replace(licence, zone=0)


def _unshifted(licence: Licence) -> Licence:
    def moved(ring: np.ndarray) -> np.ndarray:
        return np.round(shapely.get_coordinates(without_datum_shift(shapely.points(ring), licence.zone)), 2)

    return _reshaped(licence, moved)


FACILITY_FAULTS: dict[str, tuple[str, str, Damage | None]] = {
    "facility_unreadable": ("F03", "hold", _site_unreadable),
    "facility_swapped": ("F04", "hold", _site_swapped),
    "facility_prefixed": ("F05", "hold", _site_prefixed),
    "facility_decimal_lost": ("F06", "hold", _site_without_comma),
    "facility_degrees": ("F07", "hold", _site_in_degrees),
    "facility_local_grid": ("F08", "hold", _site_in_a_local_grid),
    "facility_wrong_zone": ("F09", "hold", _site_in_wrong_zone),
    "facility_in_no_zone": ("F10", "hold", _site_in_no_zone),
    "facility_zone_not_stated": ("F11", "warn", _site_without_zone),
    "facility_beyond_edge": ("F14", "warn", None),
}
STATION_FAULTS: dict[str, tuple[str, str, Damage | None]] = {
    "station_wrong_zone": ("S10", "hold", _site_in_wrong_zone),
    "station_datum_shift_missing": ("S14", "hold", _site_without_shift),
    "station_zone_not_stated": ("S12", "warn", _site_without_zone),
    "station_beyond_edge": ("S15", "warn", None),
}
LICENCE_FAULTS: dict[str, tuple[str, str, Callable[[Licence], Licence]]] = {
    "corner_local_grid": ("M16", "hold", _in_a_local_grid),
    "corner_decimal_lost": ("M35", "hold", _without_comma),
    "corner_degrees": ("M36", "hold", _in_degrees),
    "licence_wrong_zone": ("M37", "hold", _in_wrong_zone),
    "licence_in_no_zone": ("M38", "hold", _in_no_zone),
    "licence_zone_not_stated": ("M39", "warn", _without_zone),
    "licence_datum_shift_missing": ("M41", "hold", _unshifted),
}
