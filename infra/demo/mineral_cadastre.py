"""The mineral cadastre as a whole: licences, corners, polygons and zones in PostGIS, and the workbook beside it."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import psycopg

from infra.demo.columns import Columns, stream, texts
from infra.demo.ground_truth import Fault
from infra.demo.mineral_faults import damage_licences, damage_zones, leave_rings_open
from infra.demo.mineral_licences import Licence, make_licences
from infra.demo.mineral_register_faults import damage_register
from infra.demo.mineral_second_sources import boundary_columns, in_workbook_alone, workbook_rows
from infra.demo.mineral_sites import draw_zone, follow_boundaries, make_sites, mineral_communes
from infra.demo.source_tables import contract_tables, create_table, fill_table, index_table
from infra.demo.vn2000_site_faults import damage_licence_coordinates
from infra.demo.zone_place_faults import exchange_axes_of_zone

SYSTEM = "mineral_cadastre"
READER = "mineral_reader"
ZONES = {"PROHIBITED": 16, "TEMPORARILY_PROHIBITED": 10, "RESERVE": 12, "PLANNING": 14, "AUCTION": 8}
LEGAL_BASIS = {
    "PROHIBITED": "Quyết định của UBND tỉnh về khu vực cấm hoạt động khoáng sản",
    "TEMPORARILY_PROHIBITED": "Quyết định của UBND tỉnh về khu vực tạm thời cấm hoạt động khoáng sản",
    "RESERVE": "Quyết định 1277/QĐ-TTg",
    "PLANNING": "Quyết định 866/QĐ-TTg",
    "AUCTION": "Kế hoạch đấu giá quyền khai thác khoáng sản của tỉnh",
}


def make_tables(*, seed: int, today: date, count: int) -> tuple[dict[str, Columns], list[Fault]]:
    """Tables of licences, corners, polygons and zones with `count` faults of every kind, and what was damaged."""
    licences, faults = damage_licences(make_licences(seed=seed, today=today), seed=seed, count=count)
    damaged = {int(fault.source_key) for fault in faults}
    elsewhere = in_workbook_alone(licences, damaged=damaged, seed=seed)
    in_workbook, differing = workbook_rows(licences, damaged=damaged, seed=seed, count=count)
    damaged |= {int(fault.source_key) for fault in differing}
    boundaries, boundary_faults = boundary_columns(licences, damaged=damaged, seed=seed, count=count)
    numbers = {row[0] for row in in_workbook}
    compared = {licence.key for licence in licences if licence.row["so_giay_phep"] in numbers}
    successions = {licence.row["thay_the_boi"] for licence in licences}
    successions |= {licence.key for licence in licences if licence.row["thay_the_boi"]}
    others = damaged | compared | successions | set(boundaries["giay_phep_id"].tolist())
    licences, open_faults = leave_rings_open(licences, but=others, seed=seed, count=count)
    others |= {int(fault.source_key) for fault in open_faults}
    licences, register_faults = damage_register(licences, but=others, seed=seed, count=count)
    taken = damaged | compared | successions
    taken |= {int(fault.source_key) for fault in (*boundary_faults, *open_faults, *register_faults)}
    licences, vn2000_faults = damage_licence_coordinates(licences, boundaries, but=taken, seed=seed, count=count)
    zones = make_zones(seed=seed, today=today)
    zone_faults = damage_zones(zones, count)
    zones, place_faults = exchange_axes_of_zone(zones, seed=seed)
    tables = {
        "licence": licence_columns(licences),
        "licence_corner": corner_columns([licence for licence in licences if licence.key not in elsewhere]),
        "licence_boundary": boundaries,
        "zone": zones,
    }
    faults += boundary_faults + open_faults + register_faults + vn2000_faults
    return tables, faults + zone_faults + place_faults


def make_workbook(*, seed: int, today: date, count: int) -> tuple[list[list[Any]], list[Fault]]:
    """Rows of the province's workbook of corners, with `count` faults."""
    licences, faults = damage_licences(make_licences(seed=seed, today=today), seed=seed, count=count)
    damaged = {int(fault.source_key) for fault in faults}
    return workbook_rows(licences, damaged=damaged, seed=seed, count=count)


def make_zones(*, seed: int, today: date) -> Columns:
    """Sixty zones; three planning areas follow the boundaries of whole communes, some zones lie on parcels."""
    rng = stream(seed, "zones")
    on_parcels, away = make_sites(rng)
    communes = mineral_communes()
    kinds = [kind for kind, number in ZONES.items() for _ in range(number)]
    sites = on_parcels[:10] + away[: len(kinds) - 10]
    order = rng.permutation(len(kinds))
    shapes = [draw_zone(sites[order[index]], rng) for index in range(len(kinds))]
    first_planning = kinds.index("PLANNING")
    for offset in range(3):
        shapes[first_planning + offset] = follow_boundaries(communes[4 * offset : 4 * offset + 2])
    start = [today - timedelta(days=int(days)) for days in rng.integers(100, 3000, len(kinds))]
    ends = [None if rng.random() < 0.7 else today + timedelta(days=int(rng.integers(100, 3000))) for _ in kinds]
    updated = np.datetime64(today, "s") - rng.integers(1, 600, len(kinds)).astype("timedelta64[D]")
    return {
        "khu_vuc_id": np.arange(1, len(kinds) + 1),
        "loai": texts(kinds),
        "ten": texts([f"Khu vực {number:02d}" for number in range(1, len(kinds) + 1)]),
        "can_cu": texts([LEGAL_BASIS[kind] for kind in kinds]),
        "hieu_luc_tu": np.array(start, dtype="datetime64[D]"),
        "hieu_luc_den": np.array(ends, dtype="datetime64[D]"),
        "cap_nhat_luc": updated,
        "geom": _objects(shapes),
    }


def licence_columns(licences: list[Licence]) -> Columns:
    """Rows of `giay_phep`."""
    return {name: _objects([licence.row[name] for licence in licences]) for name in licences[0].row}


def corner_columns(licences: list[Licence]) -> Columns:
    """Rows of `giay_phep_toa_do`: X is the northing and Y the easting, as Vietnamese tables have them."""
    rows = [row for licence in licences for row in _corner_rows(licence)]
    return {name: _objects([row[name] for row in rows]) for name in rows[0]}


def fill_database(connection: psycopg.Connection, tables: dict[str, Columns]) -> int:
    """Replace the tables of schema `public`; returns the number of rows. Nothing is seen of it before the commit."""
    rows = 0
    for name, contract in contract_tables(SYSTEM).items():
        create_table(connection, contract)
        rows += fill_table(connection, contract, tables[name])
        index_table(connection, contract)
        connection.execute(f"grant select on {contract['source']} to {READER}")
    return rows


def _corner_rows(licence: Licence) -> list[dict[str, Any]]:
    rows = []
    for block, ring in enumerate(licence.rings, 1):
        for order, (easting, northing) in enumerate(ring, 1):
            written = licence.corner_texts.get((block, order))
            x, y = written or (write_metres(northing, licence.style), write_metres(easting, licence.style))
            number = 1 if licence.ends_as_it_began and order == len(ring) else order
            label = str(number) if licence.style else f"M{number}"
            row = {"giay_phep_id": licence.key, "khoi": block, "thu_tu": order, "ten_diem": label}
            rows.append(row | {"x": x, "y": y, "he_toa_do": licence.zone})
    return rows


def write_metres(value: float, style: int) -> str:
    """A coordinate as written: 2345678.12, 2.345.678,12 or 2345678,12."""
    plain = f"{value:,.2f}"
    if style == 1:
        return plain.translate(str.maketrans(",.", ".,"))
    return plain.replace(",", "") if style == 0 else plain.replace(",", "").replace(".", ",")


def _objects(values: list[Any]) -> np.ndarray:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array
