"""Faults of licences that came later than `mineral_faults`: they take only licences that nothing else compares.

No holder, a corner copied twice, a term that is missing or longer than the law allows, a type that is not listed, an
issuer that had ended, an area across the boundary of its commune.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import shapely

from infra.demo.columns import stream
from infra.demo.ground_truth import Fault
from infra.demo.land_parcels import REFORM
from infra.demo.mineral_faults import SYSTEM
from infra.demo.mineral_licences import Licence
from infra.demo.territory import project


def damage_register(
    licences: list[Licence], *, but: set[int], seed: int, count: int
) -> tuple[list[Licence], list[Fault]]:
    """The licences with `count` faults of every kind, none of `but`; and what was damaged."""
    order = stream(seed, "register_faults").permutation(len(licences))
    free = [
        int(index)
        for index in order
        if licences[index].key not in but and licences[index].site.from_parcels > 0 and not licences[index].corner_texts
    ]
    licences, faults = list(licences), []
    for fault, (rule, effect, kinds, damage) in REGISTER_FAULTS.items():
        fit = [index for index in free if not kinds or _is_recent(licences[index], kinds)]
        for index in fit[:count]:
            free.remove(index)
            licences[index] = damage(licences[index])
            key = str(licences[index].key)
            table = "licence_corner" if fault == "corner_repeated" else "licence"
            faults.append(Fault(SYSTEM, table, key, "mineral_licence", f"{SYSTEM}:{key}", fault, rule, effect))
    return licences, faults


def _is_recent(licence: Licence, kinds: tuple[str, ...]) -> bool:
    return licence.row["loai"] in kinds and bool(licence.row["hieu_luc_tu"] > date(2014, 1, 1))


def _without_holder(licence: Licence) -> Licence:
    return licence.changed(chu_giay_phep=None, ma_so_thue=None)


def _with_corner_twice(licence: Licence) -> Licence:
    return replace(licence, rings=[np.insert(ring, 2, ring[1], axis=0) for ring in licence.rings])


def _beyond_the_term(licence: Licence) -> Licence:
    return licence.changed(hieu_luc_den=licence.row["hieu_luc_tu"] + timedelta(days=365 * 12))


def _without_term(licence: Licence) -> Licence:
    return licence.changed(**{("hieu_luc_tu", "hieu_luc_den")[licence.key % 2]: None})


def _of_no_type(licence: Licence) -> Licence:
    return licence.changed(**({"loai": "KT"} if licence.key % 2 else {"nhom": "V"}))


def _of_a_ministry_that_ended(licence: Licence) -> Licence:
    issued = date(2025, 4, 10)
    dates = {"ngay_cap": issued, "hieu_luc_tu": issued, "hieu_luc_den": issued + timedelta(days=1000)}
    return licence.changed(so_giay_phep=f"{6400 + licence.key}/GP-BTNMT", **dates)


def _across_the_boundary(licence: Licence) -> Licence:
    """Moved until its middle lies on the boundary of its commune, which it states by today's code."""
    commune = licence.site.commune
    outline = project(commune.boundary, licence.zone).boundary
    middle = shapely.MultiPolygon([shapely.Polygon(ring) for ring in licence.rings]).centroid
    target = outline.interpolate(outline.project(middle))
    moved = np.array([target.x - middle.x, target.y - middle.y])
    rings = [np.round(ring + moved, 2) for ring in licence.rings]
    known_on = max(licence.row["ma_xa_tu_ngay"], REFORM)
    return replace(licence.changed(ma_xa=commune.code, ma_xa_tu_ngay=known_on), rings=rings)


REGISTER_FAULTS: dict[str, tuple[str, str, tuple[str, ...], Callable[[Licence], Licence]]] = {
    "holder_missing": ("M24", "hold", (), _without_holder),
    "corner_repeated": ("M23", "warn", (), _with_corner_twice),
    "term_too_long": ("M25", "warn", ("EXPL",), _beyond_the_term),
    "term_not_stated": ("M28", "hold", (), _without_term),
    "type_not_listed": ("M29", "hold", (), _of_no_type),
    "issuer_ended": ("M30", "warn", ("EXPL", "MINE"), _of_a_ministry_that_ended),
    "across_boundary": ("M31", "warn", ("EXPL", "SALV", "G4", "REC"), _across_the_boundary),
}
