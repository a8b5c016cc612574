"""Open dossiers made from the made-up province: of all 23 procedures, in every way in which a subject can be named.

About one in ten names what is not known, not unique or malformed in a way that only the data tells; one in eight is
asked with a limit on the age of the data.
"""

import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests.benchmarks.checks_world import LICENCES, TAX_CODE, WIDTH, place_of
from tests.benchmarks.questions import subject_for

OTHER_CODES = ("0100233488", "0402230476", "0301464904", "0100109106")
_SAMPLE = """
select parcel_key, commune_code, sheet_no, parcel_no, parcel_uid from release.land_parcel
where to_release = 9223372036854775807 and {} order by hashtext(parcel_key || %s) limit %s
"""
_CONSTRAINED = "parcel_key in (select c.parcel_key from release.parcel_constraint as c)"
_PLACES = """
select st_x(st_centroid(geom)), st_y(st_centroid(geom)) from release.mineral_constraint_piece
where to_release = 9223372036854775807
order by hashtext(constraint_dataset || constraint_key || piece_no || %s) limit 500
"""
_OLD_NUMBERS = """
select old_commune_code, old_sheet_no, old_parcel_no from release.land_parcel_lineage
where old_sheet_no is not null and to_release = 9223372036854775807
"""


@dataclass(frozen=True)
class _Known:
    """What dossiers are made from: procedures, parcels, old numbers, and places where a licence or zone lies."""

    procedures: list[tuple[str, str]]
    parcels: list[tuple[str, ...]]
    constrained: list[tuple[str, ...]]
    old: list[tuple[str, ...]]
    places: list[tuple[float, float]]


def write_dossiers(
    conn: psycopg.Connection, file: Path, *, count: int, parcels: int, every: int, seed: int = 5
) -> None:
    """Write `count` dossiers as JSON lines; the same seed and data give the same dossiers.

    One parcel in `every` changes in each way: in a small list (up to 10,000) every second dossier is about such a one.
    """
    rng = random.Random(seed)
    known = _Known(
        conn.execute("select procedure_code, catalogue_no from shared.procedure order by 2").fetchall(),
        conn.execute(_SAMPLE.format("true"), (seed, max(2_000, count // 10))).fetchall(),
        conn.execute(_SAMPLE.format(_CONSTRAINED), (seed, 2_000)).fetchall(),
        conn.execute(_OLD_NUMBERS).fetchall(),
        conn.execute(_PLACES, (seed,)).fetchall(),
    )
    with file.open("w", encoding="utf-8") as lines:
        for number in range(count):
            code, catalogue_no = known.procedures[number % len(known.procedures)]
            likely = every if count <= 10_000 else 0
            subject = _subject(rng, number, catalogue_no, known, parcels=parcels, every=likely)
            asked = {0: code, 1: catalogue_no, 2: f"{code}.H42" if code[0] == "1" else code}[number % 3]
            line = {"dossier": f"H42-{number:06d}", "procedure": asked, "subject": subject, "office": "Ninh Bình"}
            lines.write(json.dumps(line, ensure_ascii=False) + "\n")


def _subject(
    rng: random.Random, number: int, catalogue_no: str, known: _Known, *, parcels: int, every: int
) -> dict[str, Any]:
    subject = subject_for(catalogue_no, rng, parcels)
    parcel = rng.choice(known.parcels)
    if "parcel_key" in subject and every and rng.random() < 0.5:
        changed = rng.randrange(parcels // every) * every + rng.randrange(15)
        subject |= {"parcel_key": f"land_registry:{changed}", "certificate_serial": f"AA {changed:08d}"}
    elif "parcel_key" in subject and known.constrained and rng.random() < 0.2:
        subject |= {"parcel_key": rng.choice(known.constrained)[0]}
    if "geometry" in subject and rng.random() < 0.5:
        subject |= _square(*rng.choice(known.places))
    subject |= {"organisation_tax_code": rng.choice((*[TAX_CODE] * 100, *OTHER_CODES))}
    subject = _named_otherwise(rng, subject, parcel, rng.choice(known.old) if known.old else None, parcels)
    if number % 8 == 0:
        subject |= {"max_age_hours": rng.choice((12, 24, 36, 72))}
    if number % 11 == 0:
        subject |= {"asked_at": "2026-01-15T08:00:00+07:00"}
    return subject


def _named_otherwise(
    rng: random.Random, subject: dict[str, Any], parcel: tuple, old: tuple | None, parcels: int
) -> dict[str, Any]:
    key, commune, sheet, plot, uid = parcel
    by_number = {"commune_code": commune, "commune_valid_on": "2026-01-01", "sheet_no": sheet, "parcel_no": plot}
    without = {k: v for k, v in subject.items() if k not in {"parcel_key", "parcel"}}
    digits = rng.randrange(1, LICENCES)
    ways = (
        lambda: without | {"parcel": by_number},
        lambda: without | ({"parcel_uid": uid} if uid else {"parcel_key": key}),
        lambda: without | {"parcel_keys": [key, f"land_registry:{rng.randrange(parcels)}"]},
        lambda: subject | {"parcel_key": f"land_registry:{parcels * 9 + digits}"},
        lambda: subject | {"parcel_key": f"elsewhere:{digits}"},
        lambda: without | {"licence_number": f"{digits}/GP-UBND", "permit_number": f" {digits % 200} / gpmt-ubnd"},
        lambda: without | {"eia_number": f"{digits % 200}/QĐ-UBND", "permit_key": "environment_permits:9999"},
        lambda: without | {"commune_code": "90001"},  # ambiguous without a date: refused
        lambda: without | _old_number(old) if old else subject,
        lambda: without | _point(rng, parcels) | {"licence_key": f"mineral_cadastre:{digits}"},
        lambda: subject | (_wide(rng) if rng.random() < 0.03 else {}),
        lambda: subject | {"party_key": f"party{rng.randrange(1000)}"},
        lambda: subject | _point(rng, parcels),  # a shape beside the parcel
        lambda: without | _point(rng, parcels) | {"parcel_keys": [key, f"land_registry:{rng.randrange(parcels)}"]},
        lambda: subject | {"mortgage_request": "DELETE"},
    )
    turn = rng.randrange(2 * len(ways))
    return ways[turn]() if turn < len(ways) else subject


def _old_number(old: tuple) -> dict[str, Any]:
    commune, sheet, plot = old
    return {"parcel": {"commune_code": commune, "commune_valid_on": "2024-01-01", "sheet_no": sheet, "parcel_no": plot}}


def _point(rng: random.Random, parcels: int) -> dict[str, Any]:
    west, south, step = place_of(rng.randrange(parcels), parcels)
    return {"geometry": {"type": "Point", "coordinates": [west + step / 3, south + step / 3]}, "srid": 4756}


def _wide(rng: random.Random) -> dict[str, Any]:
    west, south = 105.6 + rng.random() * WIDTH / 2, 20 + rng.random() * WIDTH / 2
    ring = [[west, south], [west + 0.06, south], [west + 0.06, south + 0.06], [west, south + 0.06], [west, south]]
    return {"geometry": {"type": "Polygon", "coordinates": [ring]}, "srid": 4756}


def _square(west: float, south: float) -> dict[str, Any]:
    west, south = min(max(west, 105.61), 106.18), min(max(south, 20.01), 20.58)
    ring = [[west, south], [west + 0.001, south], [west + 0.001, south + 0.001], [west, south + 0.001], [west, south]]
    return {"geometry": {"type": "Polygon", "coordinates": [ring]}, "srid": 4756}
