"""Faults of licences that came later than `mineral_faults`: they take only licences that nothing else compares.

No holder, a corner copied twice, and a term longer than the law allows.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from infra.demo.columns import stream
from infra.demo.ground_truth import Fault
from infra.demo.mineral_faults import SYSTEM
from infra.demo.mineral_licences import Licence


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


REGISTER_FAULTS: dict[str, tuple[str, str, tuple[str, ...], Callable[[Licence], Licence]]] = {
    "holder_missing": ("M24", "hold", (), _without_holder),
    "corner_repeated": ("M23", "warn", (), _with_corner_twice),
    "term_too_long": ("M25", "warn", ("EXPL",), _beyond_the_term),
}
