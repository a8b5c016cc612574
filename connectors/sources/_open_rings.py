"""Polygons with a ring that does not close, kept as what they are: lines.

No database takes such a polygon, and closing it would invent a side. As a MultiLineString of its rings, each coordinate
as it came, the record reaches `raw`, where a rule holds it. What else cannot be read stays a rejected row (`_fit.py`).
"""

import struct
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_POLYGON, _MULTI_LINE, _MULTI_POLYGON, _LINE = 3, 5, 6, 2
_ISO_Z, _EWKB_Z = 1000, 0x80000000


def lines_of_json(geometry: Any) -> dict[str, Any] | None:
    """The rings of a GeoJSON polygon as lines, if one of them does not close; else None."""
    if not isinstance(geometry, Mapping) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        return None
    rings: Any = geometry.get("coordinates")
    if geometry["type"] == "MultiPolygon" and _is_list_of_lists(rings):
        rings = list(chain.from_iterable(rings))
    if not _is_list_of_lists(rings) or all(len(ring) > 1 and ring[0] == ring[-1] for ring in rings):
        return None
    return {"type": "MultiLineString", "coordinates": rings}


def lines_of_wkb(shapes: pa.Array, broken: np.ndarray) -> tuple[pa.Array, np.ndarray]:
    """The shapes with open polygons of the `broken` ones as lines, and a mask of these; bytes cut off stay broken."""
    opened = np.zeros(len(shapes), dtype=bool)
    values: dict[int, bytes] = {}
    for index in np.flatnonzero(broken).tolist():
        if lines := _lines(shapes[index].as_py()):
            opened[index], values[index] = True, lines
    if not values:
        return shapes, opened
    # null for the others: they are taken from the shapes
    kept = pa.array([values.get(index) for index in range(len(shapes))], shapes.type)
    return pc.if_else(pa.array(opened), kept, shapes), opened


def _lines(shape: bytes) -> bytes | None:
    try:
        kind, size, rings = _read(shape)
    except (struct.error, ValueError, IndexError):
        return None
    if all(ring[:size] == ring[-size:] for ring in rings):
        return None
    head = struct.pack("<BII", 1, kind + _MULTI_LINE, len(rings))
    return head + b"".join(struct.pack("<BII", 1, kind + _LINE, len(ring) // size) + ring for ring in rings)


def _read(shape: bytes) -> tuple[int, int, list[bytes]]:
    """What is added to the type code for a height, bytes per corner, and the rings of a polygon, little-endian."""
    (code,) = struct.unpack_from("<I" if shape[0] else ">I", shape, 1)
    height = code - _EWKB_Z if code >= _EWKB_Z else code - _ISO_Z if code >= _ISO_Z else code
    if height not in (_POLYGON, _MULTI_POLYGON) or not shape[0]:
        raise ValueError("neither Polygon nor MultiPolygon, or big-endian")
    size = 16 if height == code else 24
    rings = [ring for ring, _ in _rings(shape, 0, size, is_many=height == _MULTI_POLYGON)]
    return (0 if size == 16 else _ISO_Z), size, rings


def _rings(shape: bytes, at: int, size: int, *, is_many: bool) -> Iterator[tuple[bytes, int]]:
    (count,) = struct.unpack_from("<I", shape, at + 5)
    at += 9
    for _ in range(count):
        if is_many:
            for ring, end in _rings(shape, at, size, is_many=False):
                yield ring, end
                at = end
            continue
        (corners,) = struct.unpack_from("<I", shape, at)
        ring = shape[at + 4 : at + 4 + corners * size]
        if corners < 2 or len(ring) < corners * size:
            raise ValueError("bytes cut off")
        at += 4 + corners * size
        yield ring, at


def _is_list_of_lists(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, list) and item for item in value)
