"""Faults of licences and zones; each is caught by the rule it names and touches no other licence."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import shapely

from infra.demo.columns import Columns, stream
from infra.demo.ground_truth import Fault
from infra.demo.land_parcels import REFORM
from infra.demo.mineral_licences import Licence, ring_area

SYSTEM = "mineral_cadastre"
MISSING = 999_999
Pool = Iterator[Licence]
Damaged = list[Licence]


def damage_licences(licences: list[Licence], *, seed: int, count: int) -> tuple[list[Licence], list[Fault]]:
    """The licences with `count` faults of every kind, added ones last, and what was damaged."""
    rng = stream(seed, "licence_faults")
    by_key = {licence.key: licence for licence in licences}
    replaced = {licence.row["thay_the_boi"] for licence in licences}
    usable = [
        licence
        for licence in licences
        if licence.site.from_parcels > 0
        and licence.row["thay_the_boi"] is None
        and licence.key not in replaced
        and len(licence.rings) == 1
        and licence.row["ngay_cap"]
        and "ngày" not in licence.row["so_giay_phep"]
    ]
    pool = iter([usable[i] for i in rng.permutation(len(usable))])
    faults: list[Fault] = []
    for fault, (rule, damage) in LICENCE_FAULTS.items():
        for number in range(count):
            for licence in damage(pool, number, max(by_key) + 1):
                by_key[licence.key] = licence
                key, effect = str(licence.key), "warn" if rule in WARNED else "hold"
                record = f"{SYSTEM}:{key}"
                faults.append(Fault(SYSTEM, "licence", key, "mineral_licence", record, fault, rule, effect))
    return list(by_key.values()), faults


def leave_rings_open(
    licences: list[Licence], *, but: set[int], seed: int, count: int
) -> tuple[list[Licence], list[Fault]]:
    """`count` licences more, none of `but`, whose corner table comes back to its first corner 13 m beside it."""
    usable = [
        index
        for index, licence in enumerate(licences)
        if licence.key not in but and licence.site.from_parcels > 0 and not licence.corner_texts
    ]
    chosen = stream(seed, "open_rings").permutation(usable)[:count]
    licences, faults = list(licences), []
    for index in chosen:
        licence = licences[index]
        rings = [np.vstack([ring, ring[:1] + np.array([[12.0, -5.0]])]) for ring in licence.rings]
        licences[index] = replace(licence, rings=rings, ends_as_it_began=True)
        key = str(licence.key)
        faults.append(Fault(SYSTEM, "licence_corner", key, "mineral_licence", f"{SYSTEM}:{key}", "ring_open", "M22"))
    return licences, faults


def damage_zones(zones: Columns, count: int) -> list[Fault]:
    """Kinds that do not exist, a boundary that crosses itself, and zones that end before they begin."""
    faults = []
    for number in range(count):
        row = len(zones["khu_vuc_id"]) - 1 - number
        if number % 2:
            ring = shapely.get_coordinates(shapely.envelope(zones["geom"][row]))
            zones["geom"][row] = shapely.MultiPolygon([shapely.Polygon(ring[[0, 2, 1, 3, 0]])])
        else:
            zones["loai"][row] = "CAM_TAM"
        key = str(zones["khu_vuc_id"][row])
        faults.append(Fault(SYSTEM, "zone", key, "mineral_zone", f"{SYSTEM}:{key}", "zone_kind", "M17"))
        row = int(np.flatnonzero(zones["loai"] == "AUCTION")[number])
        zones["hieu_luc_den"][row] = zones["hieu_luc_tu"][row] - np.timedelta64(30, "D")
        key = str(zones["khu_vuc_id"][row])
        faults.append(Fault(SYSTEM, "zone", key, "mineral_zone", f"{SYSTEM}:{key}", "zone_dates", "M21"))
    return faults


def _missing_field(pool: Pool, number: int, _next_key: int) -> Damaged:
    licence = next(pool)
    if number % 3 == 2:
        return [replace(licence, rings=[licence.rings[0][:2]])]
    return [licence.changed(**{("khoang_san", "dien_tich_ha")[number % 3]: None})]


def _dates_out_of_order(pool: Pool, number: int, _next_key: int) -> Damaged:
    licence = next(pool)
    start = licence.row["hieu_luc_tu"]
    if number % 2:
        return [licence.changed(hieu_luc_tu=licence.row["ngay_cap"] - timedelta(days=200))]
    return [licence.changed(hieu_luc_den=start - timedelta(days=10))]


def _licence_area(pool: Pool, _number: int, _next_key: int) -> Damaged:
    licence = next(pool)
    return [licence.changed(dien_tich_ha=round(licence.row["dien_tich_ha"] * 1.08 + 0.5, 2))]


def _licence_elsewhere(pool: Pool, _number: int, _next_key: int) -> Damaged:
    licence = next(pool)
    # 90 km to the north: outside the commune and outside the province, the shape and its area unchanged.
    return [replace(licence, rings=[ring + np.array([0.0, 90_000.0]) for ring in licence.rings])]


def _licence_overlap(pool: Pool, _number: int, next_key: int) -> Damaged:
    """A second live exploitation licence for the same mineral, half over the first."""
    licence = next(other for other in pool if other.row["loai"] == "MINE" and other.is_live)
    rings = [np.round(ring + 40.0, 2) for ring in licence.rings]
    number = f"{5000 + next_key}/GP-UBND"
    area = round(ring_area(rings) / 10_000, 2)
    return [
        licence,
        replace(licence.changed(giay_phep_id=next_key, so_giay_phep=number, dien_tich_ha=area), rings=rings),
    ]


def _bad_tax_code(pool: Pool, number: int, _next_key: int) -> Damaged:
    return [next(pool).changed(ma_so_thue=("0100233480", "07001234", "0000000000")[number % 3])]


def _duplicate_licence(pool: Pool, _number: int, _next_key: int) -> Damaged:
    """The second one says it has the number and the day of the first, in a commune of today: no other province's."""
    first, second = next(pool), next(pool)
    issued = {"ngay_cap": first.row["ngay_cap"], "hieu_luc_tu": first.row["hieu_luc_tu"]}
    dates = issued | {"hieu_luc_den": first.row["hieu_luc_tu"] + timedelta(days=1400)}
    place = {"ma_xa": second.site.commune.code, "ma_xa_tu_ngay": max(first.row["ngay_cap"], REFORM)}
    return [first, second.changed(so_giay_phep=first.row["so_giay_phep"], **dates, **place)]


def _succession_loop(pool: Pool, number: int, _next_key: int) -> Damaged:
    first = next(pool)
    if number % 2:
        return [first.changed(thay_the_boi=MISSING)]
    second = next(pool)
    return [first.changed(thay_the_boi=second.key), second.changed(thay_the_boi=first.key)]


def _unparsed_number(pool: Pool, number: int, _next_key: int) -> Damaged:
    return [next(pool).changed(so_giay_phep=("theo hồ sơ lưu", "GP số .../UBND", "chưa rõ")[number % 3])]


def _corner_swapped(pool: Pool, _number: int, _next_key: int) -> Damaged:
    licence = next(pool)
    return [replace(licence, rings=[ring[:, ::-1] for ring in licence.rings])]


def _corner_prefixed(pool: Pool, _number: int, _next_key: int) -> Damaged:
    licence = next(pool)
    return [replace(licence, rings=[ring + np.array([18_000_000.0, 0.0]) for ring in licence.rings], style=0)]


def _corner_unreadable(pool: Pool, number: int, _next_key: int) -> Damaged:
    licence = next(pool)
    return [replace(licence, corner_texts={(1, 2): (("mờ", "22455?1.66")[number % 2], "không đọc được")})]


def _issuer_not_competent(pool: Pool, number: int, _next_key: int) -> Damaged:
    """Issued by the ministry for common building materials, which are the province's."""
    licence = next(other for other in pool if other.row["loai"] == "MINE")
    issued = date(2026, 2, 10) + timedelta(days=number)
    dates = {"ngay_cap": issued, "hieu_luc_tu": issued, "hieu_luc_den": issued + timedelta(days=3600)}
    return [licence.changed(so_giay_phep=f"{5900 + number}/GP-BNNMT", nhom="III", **dates)]


LICENCE_FAULTS: dict[str, tuple[str, Callable[[Pool, int, int], Damaged]]] = {
    "missing_field": ("M01", _missing_field),
    "dates_out_of_order": ("M02", _dates_out_of_order),
    "licence_area": ("M03", _licence_area),
    "licence_elsewhere": ("M04", _licence_elsewhere),
    "licence_overlap": ("M05", _licence_overlap),
    "bad_tax_code": ("M08", _bad_tax_code),
    "duplicate_licence": ("M11", _duplicate_licence),
    "succession_loop": ("M13", _succession_loop),
    "unparsed_number": ("M15", _unparsed_number),
    "corner_swapped": ("M33", _corner_swapped),
    "corner_prefixed": ("M34", _corner_prefixed),
    "corner_unreadable": ("M43", _corner_unreadable),
    "issuer_not_competent": ("M07", _issuer_not_competent),
}
WARNED = {"M07"}
