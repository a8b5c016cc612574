"""Two neighbouring parcels of one holder become one: both leave the register, the new one names the first of them."""

from typing import Any

import psycopg
import shapely

from infra.demo.changes import Changes
from infra.demo.land_candidates import Day, neighbours
from infra.demo.land_splits import ADD_PARCEL, ADD_USE, PARCEL, note
from infra.demo.territory import geodesic_area

CORNERS = 6
_TAKE = (
    "update dc.{table} set thuadatid = %(child)s, capnhatluc = %(now)s where thuadatid in ({parcels}) returning {key}"
)
_NO_USE = "delete from dc.dc_mucdichsudungdat where thuadatid in (%(parent)s, %(other)s) returning mdsdid"


def merge_parcels(connection: psycopg.Connection, changes: Changes, day: Day, count: int) -> int:
    """Merges up to `count` pairs that share a whole side, so that the new parcel fills just what the two did."""
    last = connection.execute("select max(thuadatid) from dc.dc_thuadat").fetchone()
    assert last is not None
    merged: set[int] = set()
    key = last[0]
    # Of parcels side by side by number some lie in two rows of the sheet, and some are in a pair already.
    for one, other, *shapes in neighbours(connection, day, 3 * count):
        whole = united(*shapes)
        if whole is None or {one, other} & merged or len(merged) >= 2 * count:
            continue
        merged |= {one, other}
        key += 1
        _merge(connection, changes, {"parent": one, "other": other, "child": key, "now": day.now}, whole)
    return len(merged) // 2


def united(one: shapely.Geometry, other: shapely.Geometry) -> shapely.Geometry | None:
    """The union of two four-cornered polygons that share a side; None where they do not."""
    whole = shapely.normalize(shapely.union(one, other))
    is_whole = whole.geom_type == "Polygon" and not whole.interiors and len(whole.exterior.coords) == CORNERS + 1
    return whole if is_whole else None


def _merge(connection: psycopg.Connection, changes: Changes, values: dict[str, Any], polygon: shapely.Geometry) -> None:
    area = round(float(geodesic_area(polygon)), 1)
    values |= {"area": area, "shape": shapely.to_wkb(polygon)}
    connection.execute(ADD_PARCEL, values)
    note(changes, "land_use", "added", connection.execute(ADD_USE, values).fetchall())
    for table, kind, statement in _HAND_OVER:
        note(changes, table, kind, connection.execute(statement, values).fetchall())
    connection.execute("delete from dc.dc_thuadat where thuadatid in (%(parent)s, %(other)s)", values)
    changes.note(PARCEL, "added", [values["child"]])
    changes.note(PARCEL, "deleted", [values["parent"], values["other"]])


# Who holds both by one certificate holds the whole by it: the rights on the second parcel end.
_HAND_OVER = (
    ("right", "edited", _TAKE.format(table="dc_quyensudungdat", parcels="%(parent)s", key="quyenid")),
    ("right", "deleted", "delete from dc.dc_quyensudungdat where thuadatid = %(other)s returning quyenid"),
    ("asset", "edited", _TAKE.format(table="dc_taisan", parcels="%(parent)s, %(other)s", key="taisanid")),
    ("land_use", "deleted", _NO_USE),
)
