"""Exports of two branches of the land registry of the former province Hòa Bình, written as their programs write them.

Kim Bôi: a GeoPackage whose TCVN3 bytes were taken for letters. Lạc Thủy: a Shapefile with Windows-1258 text and nothing
that says so.
"""

import shutil
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import numpy as np
import pyogrio.raw
import shapely

from infra.demo.columns import Columns, stream, texts
from infra.demo.exported_communes import ZONE, load_exported
from infra.demo.ground_truth import Fault
from infra.demo.land_parcels import commune_columns, complete_columns
from infra.demo.land_uses import make_land_uses
from infra.demo.legacy_text import to_cp1258, to_tcvn3
from infra.demo.names import person_names
from infra.demo.tiling import tile

SYSTEM = "land_exports"
PARCELS_AT_SCALE_ONE = 2_000
FIRST_ID = {"kim_boi": 17_153_000_001, "lac_thuy": 17_159_000_001}
_FIELDS = {
    "IDTHUA": "thuadatid",
    "MATHUA": "mathuadat",
    "MAXA": "maxa",
    "NGAYMAXA": "maxa_tungay",
    "TENXA": "_commune_name",
    "SHTO": "sohieutobando",
    "SHTHUA": "sothututhua",
    "SHTOCU": "sohieutobandocu",
    "SHTHUACU": "sothututhuacu",
    "DIENTICH": "dientich",
    "DTPHAPLY": "dientichphaply",
    "LOAIDAT": "_uses",
    "CHIEMDAT": "_is_road",
    "TENCHU": "_holder",
    "DIACHI": "diachi",
    "NGAYDK": "tungay",
}


def make_exports(scale: float, *, seed: int, today: date) -> dict[str, Columns]:
    """The parcels of each export, without a fault; their uses stand in one text each."""
    exports = load_exported()
    communes = sum(map(len, exports.values()))
    lots = max(4, round(PARCELS_AT_SCALE_ONE * scale / communes * 0.95))
    return {name: _parcels(name, lots, seed=seed, today=today) for name in exports}


def damage_exports(exports: dict[str, Columns], *, seed: int, count: int) -> list[Fault]:
    """Damage `count` rows of every kind in each export, in place; returns what was done."""
    faults: list[Fault] = []
    for name, columns in exports.items():
        rows = iter(stream(seed, "export_faults", name).permutation(np.flatnonzero(columns["_number"] % 5 == 2)))
        for _ in range(count):
            faults += _damage(name, columns, rows_of=[int(next(rows)) for _ in range(3)])
    return faults


def _damage(name: str, columns: Columns, rows_of: list[int]) -> list[Fault]:
    unshared, unknown, misplaced = rows_of
    columns["_uses"][unshared] = "ONT+CLN"
    columns["_uses"][unknown] = "XYZ"
    columns["mathuadat"][misplaced] = "w3gvk1td6p2x"
    faults = []
    for row, fault, rule in (
        (unshared, "uses_without_areas", "L07"),
        (unknown, "unknown_land_use", "L06"),
        (misplaced, "bad_geohash", "L11"),
    ):
        key = str(columns["thuadatid"][row])
        faults.append(Fault(SYSTEM, f"parcel_{name}", key, "land_parcel", f"{SYSTEM}:{key}", fault, rule))
    table, record = f"parcel_{name}", f"{SYSTEM}:{{}}|{{}}"
    first, second = (str(columns["thuadatid"][row]) for row in (unshared, unknown))
    for key, seq, fault, rule in (
        (first, 1, "uses_without_areas", "L33"),
        (first, 2, "uses_without_areas", "L33"),
        (second, 1, "use_of_unknown_code", "L32"),
    ):
        faults.append(Fault(SYSTEM, table, key, "land_parcel_use", record.format(key, seq), fault, rule))
    return faults


def write_exports(folder: Path, exports: dict[str, Columns]) -> int:
    """Replace the drop folder; returns the number of parcels."""
    waiting = folder.with_suffix(".new")
    shutil.rmtree(waiting, ignore_errors=True)
    waiting.mkdir(parents=True, mode=0o700)
    _write(waiting / "kim_boi.gpkg", exports["kim_boi"], encode=to_tcvn3, driver="GPKG", layer="thua_dat")
    _write(waiting / "lac_thuy.shp", exports["lac_thuy"], encode=to_cp1258, driver="ESRI Shapefile", layer="lac_thuy")
    (waiting / "lac_thuy.cpg").unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    waiting.rename(folder)
    return sum(len(columns["thuadatid"]) for columns in exports.values())


def leave_rings_open(folder: Path, exports: dict[str, Columns], *, seed: int, count: int) -> list[Fault]:
    """`count` parcels of the GeoPackage whose ring ends half a metre from where it began; after `write_exports`."""
    columns = exports["kim_boi"]
    alone = np.flatnonzero(~columns["ladoituongchiemdat"] & (columns["_number"] % 5 == 3))
    rows = stream(seed, "export_open_rings").permutation(alone)[:count]
    faults = []
    with closing(sqlite3.connect(folder / "kim_boi.gpkg")) as layer, layer:
        for (trigger,) in layer.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            layer.execute(f'drop trigger "{trigger}"')  # they call functions of the library that wrote the file
        for key in columns["thuadatid"][rows].tolist():
            (shape,) = layer.execute("select geom from thua_dat where IDTHUA = ?", (key,)).fetchone()
            last = np.frombuffer(shape[-16:]) + 0.5
            layer.execute("update thua_dat set geom = ? where IDTHUA = ?", (shape[:-16] + last.tobytes(), key))
            faults.append(
                Fault(SYSTEM, "parcel_kim_boi", str(key), "land_parcel", f"{SYSTEM}:{key}", "ring_open", "L37")
            )
    return faults


def _parcels(name: str, lots: int, *, seed: int, today: date) -> Columns:
    communes = load_exported()[name]
    parts = []
    for index, commune in enumerate(communes):
        part = commune_columns(commune, tile(commune, lots, stream(seed, "export", commune.code)), index, seed)
        part["_commune_name"] = np.full(len(part["vpdk"]), commune.name, dtype=object)
        part["diachi"] = texts([f"Xóm {n}, {commune.name}" for n in part["_sheet"] % 12 + 1])
        parts.append(part)
    columns = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
    columns = complete_columns(columns, stream(seed, "export", name), today)
    count = len(columns["vpdk"])
    columns["thuadatid"] = np.arange(FIRST_ID[name], FIRST_ID[name] + count)
    columns["_holder"] = person_names(stream(seed, "export_holder", name), count)
    columns["_is_road"] = columns["ladoituongchiemdat"].astype(np.int32)
    columns["_uses"] = _use_texts(columns, seed=seed, today=today)
    return columns


def _use_texts(parcels: Columns, *, seed: int, today: date) -> np.ndarray:
    """`LUC` for one use, `ONT 200.5; CLN 812.5` for several."""
    uses = make_land_uses(parcels, seed=seed, today=today)
    parts: list[list[str]] = [[] for _ in parcels["thuadatid"]]
    for parcel, code, area in zip(uses["_parcel"], uses["mucdichsudung"], uses["dientich"], strict=True):
        parts[parcel].append(f"{code} {area:.1f}")
    return texts(["; ".join(part) if len(part) > 1 else part[0].split(" ")[0] for part in parts])


def _write(path: Path, columns: Columns, *, encode: object, driver: str, layer: str) -> None:
    values = [_field(columns[column], encode) for column in _FIELDS.values()]
    pyogrio.raw.write(
        path,
        geometry=shapely.to_wkb(shapely.multipolygons(columns["geom"], indices=np.arange(len(columns["geom"])))),
        field_data=values,
        fields=list(_FIELDS),
        geometry_type="MultiPolygon" if driver == "GPKG" else "Polygon",
        crs=f"EPSG:{ZONE}",
        driver=driver,
        layer=layer,
        encoding=None if driver == "GPKG" else "ISO-8859-1",
    )


def _field(values: np.ndarray, encode: object) -> np.ndarray:
    assert callable(encode)
    if values.dtype == object:
        return texts([None if value is None else encode(str(value)) for value in values])
    return values
