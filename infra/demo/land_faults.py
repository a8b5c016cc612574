"""Faults of parcels, injected into clean tables. Each damages chosen rows only: no neighbour may break a rule by it.

Faults of land uses and restrictions: `land_row_faults`; of parties, rights and descent: `land_holding_faults`.
"""

from collections.abc import Callable, Iterator
from datetime import date

import numpy as np
import shapely

from infra.demo.columns import Columns, stream
from infra.demo.ground_truth import Fault
from infra.demo.land_holding_faults import damage_holdings
from infra.demo.land_row_faults import SYSTEM, damage_restrictions, damage_uses, shift_areas
from infra.demo.territory import geodesic_area, load_communes, new_codes, unproject

Tables = dict[str, Columns]


def damage_land(tables: Tables, *, seed: int, count: int) -> list[Fault]:
    """Damage `count` rows of every fault kind in place; returns what was done."""
    rng = stream(seed, "land_faults")
    rows = _candidates(tables, rng)
    faults: list[Fault] = []
    for fault, (rule, damage) in PARCEL_FAULTS.items():
        effect = "warn" if fault == "dispute_flag" else "hold"
        damaged = damage(tables, rows, count)
        faults += [parcel_fault(tables, row, fault=fault, rule=rule, effect=effect) for row in damaged]
    for fault, rule, row in damage_uses(tables, rows, count):
        faults += [parcel_fault(tables, row, fault=fault, rule=rule, effect="hold")]
        if rule == "L06":
            key = tables["parcel"]["thuadatid"][row]
            faults += [
                Fault(
                    SYSTEM, "land_use", str(key), "land_parcel_use", f"{SYSTEM}:{key}|1", "use_of_unknown_code", "L32"
                )
            ]
    return faults + damage_restrictions(tables, count) + damage_holdings(tables, rows, count)


def parcel_fault(tables: Tables, index: int, *, fault: str, rule: str, effect: str) -> Fault:
    """The ground-truth row of a parcel."""
    key = str(tables["parcel"]["thuadatid"][index])
    return Fault(SYSTEM, "parcel", key, "land_parcel", f"{SYSTEM}:{key}", fault, rule, effect)


def _candidates(tables: Tables, rng: np.random.Generator) -> Iterator[int]:
    return iter(rng.permutation(free_lots(tables, 2)))


def free_lots(tables: Tables, number: int) -> np.ndarray:
    """Rows of lots that nothing else depends on: no restriction on them, no licence or zone near them.

    Of each sheet only every fifth lot, from `number` (1 to 5) on, so that two faults never meet.
    """
    parcels = tables["parcel"]
    free = ~parcels["ladoituongchiemdat"] & (parcels["_commune"] % 3 != 0)
    free &= ~np.isin(parcels["thuadatid"], list(_restricted_parcels(tables)))
    free[1:] &= free[:-1] | (parcels["_number"][1:] == 1)
    return np.flatnonzero(free & (parcels["_number"] % 5 == number))


def _restricted_parcels(tables: Tables) -> set[int]:
    block, right = tables["block"], tables["right"]
    subjects = {kind: block["doituongid"][block["loaidoituong"] == kind] for kind in ("THUA", "GCN", "NGUOI", "TAISAN")}
    certificates = np.concatenate([subjects["GCN"].astype(object), tables["mortgage"]["gcnid"]])
    bound = np.isin(right["nguoiid"], subjects["NGUOI"])
    bound |= np.isin(np.array([gcn or -1 for gcn in right["gcnid"]]), certificates.astype(np.int64))
    built = np.isin(tables["asset"]["taisanid"], subjects["TAISAN"])
    parts = [
        subjects["THUA"],
        tables["dispute"]["thuadatid"],
        right["thuadatid"][bound],
        tables["asset"]["thuadatid"][built],
    ]
    return {int(parcel) for part in parts for parcel in part}


def _duplicate_number(tables: Tables, rows: Iterator[int], count: int) -> list[int]:
    done: list[int] = []
    for _ in range(count):
        row = next(rows)
        # The lot after it lies in the same sheet: candidates are number 2, 7, 12 … and sheets have at least three lots.
        tables["parcel"]["sothututhua"][row - 1] = tables["parcel"]["sothututhua"][row]
        done += [row, row - 1]
    return done


def _bow_tie(tables: Tables, rows: Iterator[int], count: int) -> list[int]:
    return [_reshape(tables, next(rows), lambda ring: ring[[0, 2, 1, 3, 0]]) for _ in range(count)]


def _swapped_axes(tables: Tables, rows: Iterator[int], count: int) -> list[int]:
    return [_reshape(tables, next(rows), lambda ring: ring[:, ::-1]) for _ in range(count)]


def _reshape(tables: Tables, row: int, change: Callable[[np.ndarray], np.ndarray]) -> int:
    polygons = tables["parcel"]["geom"]
    polygons[row] = shapely.Polygon(change(shapely.get_coordinates(polygons[row])))
    return row


def _area_mismatch(tables: Tables, rows: Iterator[int], count: int) -> list[int]:
    done = [next(rows) for _ in range(count)]
    survey = tables["parcel"]["dientich"]
    survey[done] = np.round(survey[done] * 1.06 + 6, 1)
    return done


def _overlap(tables: Tables, rows: Iterator[int], count: int) -> list[int]:
    """A lot gets one more corner, 1.5 m inside the lot to its left; its survey area says so too."""
    parcels = tables["parcel"]
    done: list[int] = []
    while len(done) < 2 * count:
        row = next(rows)
        ring, neighbour = shapely.get_coordinates(parcels["geom"][row]), parcels["geom"][row - 1]
        outward = (ring[0] - ring[1]) / np.hypot(*(ring[0] - ring[1]))
        corner = np.round((ring[3] + ring[4]) / 2 + 1.5 * outward, 3)
        if not shapely.contains_xy(neighbour, *corner):
            continue
        parcels["geom"][row] = shapely.Polygon(np.vstack([ring[:4], corner, ring[4]]))
        parcels["dientich"][row] = np.round(geodesic_area(parcels["geom"][row]), 1)
        done += [row, row - 1]
    return done


def _wrong_commune(tables: Tables, rows: Iterator[int], count: int) -> list[int]:
    parcels, communes = tables["parcel"], load_communes()
    done: list[int] = []
    for number in range(count):
        row = next(rows)
        here = communes[parcels["_commune"][row]]
        far = max(communes, key=lambda other: shapely.distance(other.boundary.centroid, here.boundary.centroid))
        parcels["maxa"][row] = far.code if parcels["_is_new"][row] else far.old_codes[0]
        parcels["sohieutobando"][row] = f"9{number:02d}{row}"
        done.append(row)
    return done


def _commune_code_out_of_time(tables: Tables, rows: Iterator[int], count: int) -> list[int]:
    parcels = tables["parcel"]
    done: list[int] = []
    while len(done) < count:
        row = next(rows)
        gone = [code for code in load_communes()[parcels["_commune"][row]].old_codes if code not in new_codes()]
        if gone:
            parcels["maxa"][row], parcels["maxa_tungay"][row] = gone[0], np.datetime64(date(2026, 1, 15), "D")
            parcels["sohieutobando"][row] = f"8{len(done):02d}{row}"
            done.append(row)
    return done


def _wrong_zone(tables: Tables, rows: Iterator[int], count: int) -> list[int]:
    """Stated in the other zone, 52 km off; only lots that land where nothing else is."""
    parcels = tables["parcel"]
    done: list[int] = []
    while len(done) < count:
        row = next(rows)
        other = 5897 if parcels["hetoado"][row] == 9209 else 9209
        if not _is_near_anything(unproject(parcels["geom"][row], other)):
            parcels["hetoado"][row] = other
            done.append(row)
    return done


def _is_near_anything(geometry: shapely.Geometry) -> bool:
    return any(shapely.distance(commune.boundary, geometry) < 0.01 for commune in load_communes())


def _bad_geohash(tables: Tables, rows: Iterator[int], count: int) -> list[int]:
    done = [next(rows) for _ in range(count)]
    for row, uid in zip(done, ("w7er8uabcdef", "w3gvk1td6p2x", "w7er8u9kq5z"), strict=False):
        tables["parcel"]["mathuadat"][row] = uid
    for row in done[3:]:
        tables["parcel"]["mathuadat"][row] = "w3gvk1td6p2y"
    return done


def _area_unit(tables: Tables, rows: Iterator[int], count: int) -> list[int]:
    done = [next(rows) for _ in range(count)]
    return [shift_areas(tables, row, factor=10_000) for row in done]


def _non_positive_area(tables: Tables, rows: Iterator[int], count: int) -> list[int]:
    done = [next(rows) for _ in range(count)]
    tables["parcel"]["dientich"][done] = [0.0 if row % 2 else -125.5 for row in done]
    return done


def _dispute_flag(tables: Tables, rows: Iterator[int], count: int) -> list[int]:
    done = [next(rows) for _ in range(count)]
    tables["parcel"]["dangtranhchap"][done] = True
    return done


PARCEL_FAULTS: dict[str, tuple[str, Callable[[Tables, Iterator[int], int], list[int]]]] = {
    "duplicate_number": ("L01", _duplicate_number),
    "bow_tie": ("L02", _bow_tie),
    "area_mismatch": ("L03", _area_mismatch),
    "overlap": ("L04", _overlap),
    "wrong_commune": ("L05", _wrong_commune),
    "bad_geohash": ("L11", _bad_geohash),
    "swapped_axes": ("L12", _swapped_axes),
    "wrong_zone": ("L13", _wrong_zone),
    "commune_code_out_of_time": ("L14", _commune_code_out_of_time),
    "area_unit": ("L15", _area_unit),
    "non_positive_area": ("L16", _non_positive_area),
    "dispute_flag": ("L17", _dispute_flag),
}
