"""Structured files into Arrow: a JSON list of objects, and a layer of a GeoPackage or Shapefile by GDAL."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyogrio
import shapely

from connectors.errors import AnswerNotData, WrongSrid
from connectors.sources._fit import fit_batch
from connectors.sources._http import check_properties, fit_properties, parse_json
from connectors.sources._legacy_text import decode_texts
from connectors.sources._open_rings import lines_of_wkb
from connectors.sources._reading import ROWS_PER_BATCH, Rejected, Request
from connectors.sources._shape import check_shape

_MAX_JSON_BYTES = 256 * 1024 * 1024
_OGR_TYPES = {
    "object": "text",
    "int16": "smallint",
    "int32": "integer",
    "int64": "bigint",
    "float32": "real",
    "float64": "double",
    "bool": "boolean",
}


def read_json_items(request: Request, path: Path, *, into: list[Rejected]) -> Iterator[pa.RecordBatch]:
    """The objects of a JSON file: the list named by `items`, else the file itself."""
    if path.stat().st_size > _MAX_JSON_BYTES:
        raise _not_items(request, path, f"more than {_MAX_JSON_BYTES} bytes")
    try:
        answer = parse_json(path.read_bytes())
    except ValueError as error:
        raise _not_items(request, path, str(error)) from error
    name = request.table.format.items
    rows = answer.get(name) if name and isinstance(answer, dict) else answer
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise _not_items(request, path, f"{type(rows).__name__} at {name or 'the top'}")
    check_properties(request, rows)
    for start in range(0, len(rows), ROWS_PER_BATCH):
        yield fit_properties(request, rows[start : start + ROWS_PER_BATCH], into=into)


def read_layer(request: Request, path: Path, *, into: list[Rejected]) -> Iterator[pa.RecordBatch]:
    """The features of one layer as GDAL streams them, its text in Unicode whatever the encoding of the contract."""
    layout, geometry = request.table.format, request.table.geometry
    # a shapefile's text in a legacy encoding is read byte by byte; a GeoPackage is always UTF-8
    bytewise = "ISO-8859-1" if layout.encoding != "utf-8" and path.suffix.lower() == ".shp" else None
    try:
        info = pyogrio.read_info(path, layer=layout.layer, encoding=bytewise)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise _not_items(request, path, str(error)) from error
    found = {layout.rename.get(n, n): _ogr_type(str(k)) for n, k in zip(info["fields"], info["dtypes"], strict=True)}
    if layout.row_number:
        found[layout.row_number] = request.table.column(layout.row_number).typed.family
    has_shape = info["geometry_type"] is not None
    check_shape(request, found | ({geometry.column: None} if geometry and has_shape else {}))
    if geometry and geometry.srid and (stated := _epsg(info["crs"])) not in (None, geometry.srid):
        raise WrongSrid(
            expected=f"coordinates in EPSG:{geometry.srid}, as the contract says",
            found=f"EPSG:{stated}, as the file says",
            where=f"{request.where} ({path.name})",
            next_step="Nothing was loaded. Ask whoever delivers the file which one is right.",
        )
    wanted = [name for name in info["fields"] if layout.rename.get(name, name) not in layout.ignore]
    with pyogrio.open_arrow(
        path,
        layer=layout.layer,
        columns=wanted,
        read_geometry=geometry is not None,
        batch_size=ROWS_PER_BATCH,
        encoding=bytewise,
        use_pyarrow=True,
    ) as (meta, reader):
        at = 1
        for raw in reader:
            columns = {layout.rename.get(name, name): raw.column(name) for name in wanted}
            if geometry:
                columns[geometry.column] = raw.column(meta["geometry_name"] or "wkb_geometry")
            if layout.row_number:
                columns[layout.row_number] = pa.array(np.arange(at, at + raw.num_rows))
            at += raw.num_rows
            misfits = _decode(columns, layout.encoding) if layout.encoding != "utf-8" else {}
            opened = None
            if geometry:
                columns[geometry.column], misfits[geometry.column], opened = _shapes(columns[geometry.column])
            yield fit_batch(request, pa.RecordBatch.from_pydict(columns), rejected=into, misfits=misfits, opened=opened)


def _shapes(shapes: pa.Array) -> tuple[pa.Array, np.ndarray, np.ndarray]:
    """The shapes with open polygons as lines, a mask of those that no database takes, and one of the open ones."""
    storage = shapes.storage if isinstance(shapes.type, pa.BaseExtensionType) else shapes
    broken = broken_shapes(storage)
    kept, opened = lines_of_wkb(storage, broken)
    return kept, broken & ~opened, opened


def broken_shapes(shapes: pa.Array) -> np.ndarray:
    """Marks WKB that no database takes: an unclosed ring, fewer than four corners, bytes cut off.

    One such row would stop the load of all. Only for what GDAL wrote: it limits how deep geometries are nested.
    """
    storage = shapes.storage if isinstance(shapes.type, pa.BaseExtensionType) else shapes
    present = np.asarray(storage.is_valid().to_numpy(zero_copy_only=False), dtype=bool)
    broken = np.zeros(len(storage), dtype=bool)
    texts = storage.filter(pa.array(present)).to_numpy(zero_copy_only=False)
    broken[present] = shapely.is_missing(shapely.from_wkb(texts, on_invalid="ignore"))
    return broken


def _decode(columns: dict[str, pa.Array], encoding: str) -> dict[str, np.ndarray]:
    """Puts every text column into Unicode, in place; marks the texts that the encoding cannot have written."""
    wrong: dict[str, np.ndarray] = {}
    for name, values in columns.items():
        if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
            columns[name], wrong[name] = decode_texts(values, encoding)
    return wrong


def _ogr_type(kind: str) -> str:
    if kind.startswith("datetime64"):
        return "date" if kind == "datetime64[D]" else "timestamp"
    return _OGR_TYPES.get(kind, kind)


def _epsg(crs: Any) -> int | None:
    authority, _, code = str(crs or "").partition(":")
    return int(code) if authority == "EPSG" and code.isdigit() else None


def _not_items(request: Request, path: Path, found: str) -> AnswerNotData:
    return AnswerNotData(
        expected="a file that holds the rows of the contract",
        found=found[:300],
        where=f"{request.where} ({path.name})",
        next_step="Nothing was loaded; the last good data stays. Ask whoever delivers the file.",
    )
