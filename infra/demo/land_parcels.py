"""Parcels of the land registry: one array per column of `dc.dc_thuadat`, polygons in the VN-2000 zone of each row."""

from datetime import date, timedelta

import numpy as np
import shapely

from infra.demo import geohash
from infra.demo.columns import Columns, none_where, office_hours, random_days, stream, texts
from infra.demo.territory import Commune, divided_codes, geodesic_area, load_communes, to_zone
from infra.demo.tiling import Tiles, capacity, tile

REFORM = date(2025, 7, 1)
FIRST_ID = 1_000_001
PARCELS_AT_SCALE_ONE = 200_000


def make_parcels(scale: float, *, seed: int, today: date) -> Columns:
    """At least 200,000 × scale parcels; private columns start with an underscore and are not stored."""
    communes = load_communes()
    shares = _lots_per_commune(communes, round(PARCELS_AT_SCALE_ONE * scale))
    parts = [
        commune_columns(commune, tile(commune, lots, stream(seed, "tile", commune.code)), index, seed)
        for index, (commune, lots) in enumerate(zip(communes, shares, strict=True))
    ]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return complete_columns(columns, stream(seed, "parcel"), today)


def _lots_per_commune(communes: tuple[Commune, ...], target: int) -> list[int]:
    room = np.array([capacity(commune) for commune in communes], dtype=float)
    lots = np.zeros(len(communes))
    while lots.sum() < target:
        open_ = lots < room
        if not open_.any():
            raise ValueError(f"{target} parcels do not fit: the communes have room for {int(room.sum())}")
        lots[open_] += np.ceil((target - lots.sum()) / open_.sum())
        lots = np.minimum(lots, room)
    return [int(count) for count in lots]


def commune_columns(commune: Commune, tiles: Tiles, index: int, seed: int) -> Columns:
    """What follows from the tiles of one commune: codes, sheets, numbers and shapes."""
    rng = stream(seed, "sheet", commune.code)
    count, sheets = len(tiles.polygons), int(tiles.sheet.max()) + 1
    is_new = rng.random(sheets) < 0.45
    old_codes = rng.choice(np.array(commune.old_codes, dtype=object), sheets)
    numbers = np.arange(1, sheets + 1) + np.where(np.isin(old_codes, list(divided_codes())), 400 + index * 2000, 0)
    style = rng.choice(3, sheets, p=[0.8, 0.12, 0.08])
    written = texts([(f"{n}", f"{n}.0", f"DC{n}")[s] for n, s in zip(numbers, style, strict=True)])
    codes = np.where(is_new, commune.code, old_codes)
    hamlet = tiles.sheet % 12 + 1
    return {
        "vpdk": np.full(count, commune.office, dtype=object),
        "maxa": codes[tiles.sheet].astype(object),
        "sohieutobando": written[tiles.sheet],
        "sothututhua": texts([f"{n}.0" if n % 41 == 0 else f"{n}" for n in tiles.number]),
        "diachi": texts([f"Thôn {n}, {commune.name}, tỉnh Ninh Bình" for n in hamlet]),
        "ladoituongchiemdat": tiles.is_road,
        "hetoado": np.full(count, commune.zone),
        "geom": tiles.polygons,
        "_is_new": is_new[tiles.sheet],
        "_sheet": tiles.sheet,
        "_number": tiles.number,
        "_commune": np.full(count, index),
        "_is_field": tiles.is_field,
        "_is_ward": np.full(count, commune.is_ward),
    }


def complete_columns(columns: Columns, rng: np.random.Generator, today: date) -> Columns:
    """The columns of all communes with ids, dates, areas and identifiers."""
    count = len(columns["vpdk"])
    old_days = random_days(rng, count, first=date(2021, 1, 1), last=REFORM - timedelta(days=1))
    new_days = random_days(rng, count, first=REFORM, last=today - timedelta(days=3))
    sheet_days = np.where(columns["_is_new"], new_days, old_days)
    was = texts([str(n + 3) for n in columns["_sheet"]])
    was_number = texts([str(n + 7) for n in columns["_number"]])
    area = geodesic_area(columns["geom"])
    survey = np.round(area * (1 + rng.uniform(-0.002, 0.002, count)), 1)
    registered = random_days(rng, count, first=date(2015, 1, 1), last=date(2024, 7, 31))
    return columns | {
        "thuadatid": np.arange(FIRST_ID, FIRST_ID + count),
        "mathuadat": parcel_uids(columns, rng),
        "maxa_tungay": sheet_days,
        "sohieutobandocu": none_where(was, ~columns["_is_new"]),
        "sothututhuacu": none_where(was_number, ~columns["_is_new"]),
        "dientich": survey,
        "dientichphaply": np.round(survey * np.where(rng.random(count) < 0.1, 0.98, 1.0), 1),
        "dangtranhchap": np.zeros(count, dtype=bool),
        "thuagocid": np.full(count, None, dtype=object),
        "tungay": registered,
        "capnhatluc": office_hours(rng, count, today=today),
    }


def parcel_uids(columns: Columns, rng: np.random.Generator) -> np.ndarray:
    """Assigned 12-character GeoHashes of about 60 % of the compact parcels, None for the rest."""
    geometry = columns["geom"]
    centre = shapely.centroid(geometry)
    x, y = shapely.get_x(centre), shapely.get_y(centre)
    box = shapely.bounds(geometry)
    compact = (box[:, 2] - box[:, 0] < 60) & (box[:, 3] - box[:, 1] < 60) & ~columns["ladoituongchiemdat"]
    assigned = compact & (rng.random(len(x)) < 0.6)
    result = np.full(len(x), None, dtype=object)
    for epsg in np.unique(columns["hetoado"]):
        rows = np.flatnonzero(assigned & (columns["hetoado"] == epsg))
        longitude, latitude = to_zone(int(epsg)).transform(x[rows], y[rows], direction="INVERSE")
        result[rows] = geohash.encode(longitude, latitude)
    return result
