"""A parcel is split in two: the parent leaves the register, its children refer to it, rights and assets follow."""

from datetime import datetime
from typing import Any

import numpy as np
import psycopg
import shapely

from infra.demo.changes import Changes
from infra.demo.territory import geodesic_area

PARCEL = "land_registry.parcel"

ADD_PARCEL = """
insert into dc.dc_thuadat
select %(child)s as thuadatid, vpdk, null as mathuadat, maxa, maxa_tungay, sohieutobando,
    %(child)s::text as sothututhua, sohieutobando as sohieutobandocu, sothututhua as sothututhuacu,
    %(area)s as dientich, %(area)s as dientichphaply, diachi,
    ladoituongchiemdat, dangtranhchap, thuadatid as thuagocid, hetoado, %(now)s::date as tungay,
    %(now)s as capnhatluc, st_multi(st_geomfromwkb(%(shape)s, hetoado)) as geom
from dc.dc_thuadat where thuadatid = %(parent)s
"""
ADD_USE = """
insert into dc.dc_mucdichsudungdat
select (select max(mdsdid) + 1 from dc.dc_mucdichsudungdat), vpdk, %(child)s, 1, mucdichsudung, mucdichsudungqh,
    %(area)s, thoihansudung, tungay, denngay, true, %(now)s
from dc.dc_mucdichsudungdat where thuadatid = %(parent)s and lamucdichchinh
returning mdsdid
"""
_CHILD_RIGHT = """
insert into dc.dc_quyensudungdat
select (select max(quyenid) from dc.dc_quyensudungdat) + row_number() over (order by quyenid), vpdk, gcnid, %(child)s,
    nguoiid, loaiquyen, tuso, mauso, %(now)s
from dc.dc_quyensudungdat where thuadatid = %(first)s
returning quyenid
"""


def split_parcels(
    connection: psycopg.Connection, changes: Changes, parcels: list[tuple[int, int, shapely.Geometry]], *, now: datetime
) -> None:
    """Split parcels given as key, zone and polygon of four corners; the two halves meet without gap or overlap."""
    last = connection.execute("select max(thuadatid) from dc.dc_thuadat").fetchone()
    assert last is not None
    for index, (parent, _zone, polygon) in enumerate(parcels):
        first = last[0] + 1 + 2 * index
        for child, half in zip((first, first + 1), halves(polygon), strict=True):
            area = round(float(geodesic_area(half)), 1)
            values = {"parent": parent, "child": child, "area": area, "now": now, "shape": shapely.to_wkb(half)}
            connection.execute(ADD_PARCEL, values)
            note(changes, "land_use", "added", connection.execute(ADD_USE, values).fetchall())
        changes.note(PARCEL, "added", [first, first + 1])
        _hand_over(connection, changes, {"parent": parent, "first": first, "child": first + 1, "now": now})
        changes.note(PARCEL, "deleted", [parent])


def halves(polygon: shapely.Geometry) -> tuple[shapely.Geometry, shapely.Geometry]:
    """The two parts of a four-cornered polygon, cut between the middles of its longer pair of sides."""
    corners = shapely.get_coordinates(polygon)[:4]
    if np.hypot(*(corners[1] - corners[0])) < np.hypot(*(corners[2] - corners[1])):
        corners = np.roll(corners, -1, axis=0)
    a, b, c, d = corners
    near, far = np.round((a + b) / 2, 3), np.round((c + d) / 2, 3)
    return shapely.Polygon([a, near, far, d]), shapely.Polygon([near, b, c, far])


def _hand_over(connection: psycopg.Connection, changes: Changes, values: dict[str, Any]) -> None:
    moved = "update dc.{} set thuadatid = %(first)s, capnhatluc = %(now)s where thuadatid = %(parent)s returning {}"
    right = connection.execute(moved.format("dc_quyensudungdat", "quyenid"), values).fetchall()
    asset = connection.execute(moved.format("dc_taisan", "taisanid"), values).fetchall()
    note(changes, "right", "edited", right)
    note(changes, "asset", "edited", asset)
    note(changes, "right", "added", connection.execute(_CHILD_RIGHT, values).fetchall())
    gone = "delete from dc.dc_mucdichsudungdat where thuadatid = %(parent)s returning mdsdid"
    note(changes, "land_use", "deleted", connection.execute(gone, values).fetchall())
    connection.execute("delete from dc.dc_thuadat where thuadatid = %(parent)s", values)


def note(changes: Changes, table: str, kind: str, rows: list[Any]) -> None:
    """Remember the keys that a statement returned, first in each row."""
    changes.note(f"land_registry.{table}", kind, [row[0] for row in rows])
