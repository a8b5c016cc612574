"""Licences of the mineral cadastre: clean rows, written as untidily as registers do, and their corner points."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
import shapely

from infra.demo import names
from infra.demo.columns import stream
from infra.demo.land_parcels import REFORM
from infra.demo.mineral_sites import Site, draw_blocks, make_sites
from infra.demo.territory import geodesic_area, project, unproject

LICENCES, PREDECESSORS = 400, 36
OFFICIAL_ZONE = 5897
TYPES = {"MINE": 0.56, "EXPL": 0.14, "SALV": 0.05, "REC": 0.1, "G4": 0.1, "CLOSE": 0.05}
TERM_YEARS = {"MINE": (8, 30), "EXPL": (2, 4), "SALV": (1, 3), "REC": (1, 3), "G4": (3, 5), "CLOSE": (2, 5)}
# Kinds that earlier law did not know.
FIRST_DAYS = {"REC": date(2025, 7, 2), "G4": date(2025, 2, 3)}
MINERALS = {"II": ["Đá vôi xi măng", "Sét xi măng", "Đôlômit"], "III": ["Đá vôi", "Sét gạch ngói", "Cát", "Than bùn"]}
MINERALS["IV"] = ["Đất san lấp"]


@dataclass(frozen=True)
class Licence:
    """One licence with its corner rings (easting, northing) in the zone of its dossier."""

    row: dict[str, Any]
    rings: list[np.ndarray]
    zone: int
    style: int
    site: Site
    made_on: date
    corner_texts: dict[tuple[int, int], tuple[str, str]] = field(default_factory=dict)
    ends_as_it_began: bool = False  # the last corner of a block bears the label of the first

    @property
    def key(self) -> int:
        return int(self.row["giay_phep_id"])

    @property
    def is_live(self) -> bool:
        """In force for at least another year, so that a generated pair stays live for a while."""
        return bool(self.row["hieu_luc_den"] > self.made_on + timedelta(days=365))

    def changed(self, **values: Any) -> "Licence":
        """The same licence with other values in its row."""
        return replace(self, row=self.row | values)


def make_licences(*, seed: int, today: date) -> list[Licence]:
    """About 400 licences, live and expired together; none breaks a rule."""
    rng = stream(seed, "licences")
    on_parcels, away = make_sites(rng)
    sites = on_parcels[:16] + away[: LICENCES - PREDECESSORS - 16]
    numbers = rng.permutation(np.arange(12, 4800))
    licences = [
        make_licence(index + 1, site, rng, number=int(numbers[index]), today=today) for index, site in enumerate(sites)
    ]
    mines = [licence for licence in licences[16:] if licence.row["loai"] == "MINE" and _is_recent(licence)]
    for index, successor in enumerate(mines[:PREDECESSORS]):
        number = int(numbers[LICENCES + index])
        licences.append(_predecessor(successor, len(licences) + 1, rng, number=number))
    return licences


def make_licence(key: int, site: Site, rng: np.random.Generator, *, number: int, today: date) -> Licence:
    """A clean licence at a site; the first sites, on parcels, get live exploitation licences."""
    on_parcels = site.from_parcels == 0
    kind = "MINE" if on_parcels else str(rng.choice(list(TYPES), p=list(TYPES.values())))
    days = int(rng.integers(40, 1500 if on_parcels else 7000))
    first = FIRST_DAYS.get(kind)
    days = min(days, (today - first).days) if first else days
    issued = today - timedelta(days=days)
    years = int(rng.integers(*TERM_YEARS[kind])) if not on_parcels else 15
    start = issued + timedelta(days=int(rng.choice([0, 0, 1, 15])))
    is_new = issued >= REFORM
    rings, zone = _restate(draw_blocks(site, rng), site.commune.zone, official=is_new)
    group = "IV" if kind == "G4" else str(rng.choice(["II", "III"]))
    is_person = rng.random() < 0.1
    row: dict[str, Any] = {
        "giay_phep_id": key,
        "so_giay_phep": write_number(number, _symbol(kind, group, issued), issued, rng),
        "loai": kind,
        "nhom": group,
        "khoang_san": ";".join(
            rng.choice(MINERALS[group], 1 + int(rng.random() < 0.1 and group != "IV"), replace=False)
        ),
        "chu_giay_phep": str((names.person_names if is_person else names.company_names)(rng, 1)[0]),
        "ma_so_thue": _tax_code(rng, site.commune.office, is_person),
        "ma_xa": site.commune.code if is_new else str(rng.choice(site.commune.old_codes)),
        "ma_xa_tu_ngay": issued if is_new else max(issued, date(2021, 1, 1)),
        "dien_tich_ha": round(ring_area(rings) / 10_000, 2),
        "ngay_cap": issued,
        "hieu_luc_tu": start,
        "hieu_luc_den": start + timedelta(days=365 * years + 3),
        "thay_the_boi": None,
        "cap_nhat_luc": datetime.combine(today - timedelta(days=int(rng.integers(1, 700))), time(9), tzinfo=UTC),
    }
    if "ngày" in row["so_giay_phep"] and rng.random() < 0.5:
        row["ngay_cap"] = None
    return Licence(row, rings, zone, int(rng.integers(0, 3)), site, today)


def write_number(number: int, symbol: str, issued: date, rng: np.random.Generator) -> str:
    """A licence number as registers write it (`680/GP-UBND ngày 07/4/2020`): one sheet, many hands."""
    text = f"{number}/{symbol}"
    text = str(rng.choice([text, text, text, f"Số {text}", f"{number} / {symbol}", f" {text}", f"{text}\u00a0"]))
    day = str(rng.choice([f"{issued:%d/%m/%Y}", f"{issued:%d}/{issued.month}/{issued.year}", f"{issued:%d.%m.%Y}"]))
    return text + str(rng.choice(["", "", f" ngày {day}", f" ngày {day}", f" ngày{day}", f", ngày {day}"]))


def ring_area(rings: list[np.ndarray]) -> float:
    """Geodesic area of all blocks, m²."""
    return float(sum(geodesic_area(shapely.Polygon(ring)) for ring in rings))


def _symbol(kind: str, group: str, issued: date) -> str:
    letters = "GXN" if kind == "REC" else "GP"
    # The ministry decided on group II until the end of 2025.
    if group == "II" and kind in ("EXPL", "MINE") and issued.toordinal() % 4 == 0 and issued < date(2026, 1, 1):
        return f"{letters}-BNNMT" if issued >= date(2025, 3, 1) else f"{letters}-BTNMT"
    return f"{letters}-UBND"


def _tax_code(rng: np.random.Generator, office: str, is_person: bool) -> str:
    if is_person:
        return str(names.personal_numbers(rng, np.array([office]))[0])
    code = str(names.tax_codes(rng, 1)[0])
    return f"{code}-{rng.integers(1, 20):03d}" if rng.random() < 0.08 else code


def _is_recent(licence: Licence) -> bool:
    return bool(licence.row["hieu_luc_tu"] > date(2019, 1, 1))


def _predecessor(successor: Licence, key: int, rng: np.random.Generator, *, number: int) -> Licence:
    """The older licence over the same area that a successor replaced."""
    issued = successor.row["hieu_luc_tu"] - timedelta(days=int(rng.integers(1500, 3000)))
    return successor.changed(
        giay_phep_id=key,
        so_giay_phep=write_number(number, "GP-UBND", issued, rng),
        ma_xa=successor.site.commune.old_codes[0],
        ma_xa_tu_ngay=max(issued, date(2021, 1, 1)),
        ngay_cap=issued,
        hieu_luc_tu=issued,
        hieu_luc_den=successor.row["hieu_luc_tu"] - timedelta(days=1),
        thay_the_boi=successor.key,
    )


def _restate(rings: list[np.ndarray], zone: int, *, official: bool) -> tuple[list[np.ndarray], int]:
    """The rings and their zone; new dossiers state the official zone, unless they lie too far from its meridian."""
    if not official or zone == OFFICIAL_ZONE:
        return rings, zone
    moved = [project(unproject(shapely.Polygon(ring), zone), OFFICIAL_ZONE) for ring in rings]
    restated = [np.round(shapely.get_coordinates(polygon)[:-1], 2) for polygon in moved]
    is_far = max(ring[:, 0].max() for ring in restated) > 650_000
    return (rings, zone) if is_far else (restated, OFFICIAL_ZONE)
