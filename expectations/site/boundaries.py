"""Outlines of communes and provinces for small maps: simplified, flattened, as SVG path data.

One unit of the path data is 0.0001 degree of latitude (11 m); longitudes are shortened by the cosine of the middle
latitude, so that shapes look right. For pictures only: nothing may be measured on them.
"""

from typing import NamedTuple

import psycopg

# Of a degree: 200 m, less than a pixel where a province is 600 pixels wide.
_TOLERANCE = 0.002
_OUTLINES = """
with drawn as (
    select u.code, u.level, u.full_name, u.parent_code, st_simplifypreservetopology(u.geom, %(tolerance)s) as geom
    from warehouse.administrative_unit as u
    where
        u.valid_to is null and u.geom is not null
        and (u.level = 'commune' or (u.level = 'province' and (
            u.code = any(%(provinces)s) or exists (
                select from warehouse.administrative_unit as c
                where c.level = 'commune' and c.valid_to is null and c.geom is not null and c.parent_code = u.code
            )
        )))
),
flat as (
    select d.*, st_scale(d.geom, 10000 * cos(radians(m.latitude)), 10000) as shape
    from drawn as d
    cross join (
        select (st_ymin(x.box) + st_ymax(x.box)) / 2 as latitude from (select st_extent(geom) as box from drawn) as x
    ) as m
)
select
    code, level, full_name, parent_code, st_assvg(shape, 1, 0),
    st_xmin(shape), -st_ymax(shape), st_xmax(shape), -st_ymin(shape),
    st_x(st_pointonsurface(shape)), -st_y(st_pointonsurface(shape))
from flat order by level desc, code
"""


class Outline(NamedTuple):
    """One unit to draw: `path` is SVG path data; the box and the point inside it are in the same units, y downwards."""

    code: str
    level: str
    name: str
    parent_code: str | None
    path: str
    left: float
    top: float
    right: float
    bottom: float
    inside_x: float
    inside_y: float


def read_outlines(conn: psycopg.Connection, provinces: set[str]) -> list[Outline]:
    """The communes of which boundaries are known, their provinces, and the provinces asked for; provinces first."""
    row = conn.execute("select to_regclass('warehouse.administrative_unit') is not null").fetchone()
    if not row or not row[0]:
        return []
    rows = conn.execute(_OUTLINES, {"tolerance": _TOLERANCE, "provinces": sorted(provinces)})
    return [Outline(*row) for row in rows]
