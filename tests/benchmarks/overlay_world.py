"""A made-up country for the overlay: parcels that tile a square, licences, and zones of which six are very detailed.

The tables have the names and columns of the models that the overlay reads, so that dbt builds on them what it builds on
real ones. What a plain join and shapely find on the same ground is here as well; timing is in `overlay.py`.
"""

from collections.abc import Callable, Iterator

import numpy as np
import psycopg
import pyproj
import shapely
from psycopg import sql

from tests.benchmarks.released_tables import make_relations

TABLES = ("int_constraint_subdivided", "parcel_constraint")
GEOD = pyproj.Geod(ellps="WGS84")
EQUAL_AREA = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:6933", always_xy=True)
SLIVER_M2 = 0.01
# Of an area, however small; what is left of it in the digits published is at most half of that.
TOLERANCE = 1e-6
# A geodesic area is what each line of a ring adds to 5e14 m², so that doubles leave a noise: up to 4e-4 m² was seen.
GEODESIC_NOISE_M2 = 1e-3
Overlaps = dict[tuple[str, str], float]

# Parcels of about 20 m whose corners are moved a little, the same for all that share one: no gap and no overlap.
_PARCELS = """
with corner as (
    select
        i, j,
        105.8 + 0.0002 * (i + 0.5 * mod(abs(hashint8(i * 100003 + j)), 1000) / 1000.0) as x,
        20.1 + 0.0002 * (j + 0.5 * mod(abs(hashint8(j * 100019 + i)), 1000) / 1000.0) as y
    from generate_series(0, {side}) as i, generate_series(0, {side}) as j
),
shape as (
    select
        a.i, a.j,
        st_makepolygon(st_makeline(array[
            st_makepoint(a.x, a.y), st_makepoint(b.x, b.y), st_makepoint(c.x, c.y), st_makepoint(d.x, d.y),
            st_makepoint(a.x, a.y)
        ])) as geom
    from corner as a
    inner join corner as b on b.i = a.i + 1 and b.j = a.j
    inner join corner as c on c.i = a.i + 1 and c.j = a.j + 1
    inner join corner as d on d.i = a.i and d.j = a.j + 1
)
insert into warehouse.land_parcel (
    parcel_key, source_system, parcel_id, commune_code, sheet_no, parcel_no, survey_area_m2, legal_area_m2,
    is_geometry_empty, axes_swapped, is_zone_usual, is_datum_shift_missing, valid_from, content_hash, row_hash, geom
)
select
    'bench:' || i || '-' || j, 'bench', i * 10000 + j, '13285', i::text, j::text, 400, 400, false,
    false, true, false, date '2025-07-01', md5(i || '-' || j), sha256(convert_to(i || '-' || j, 'UTF8')),
    st_setsrid(st_multi(geom), 4756)
from shape;
alter table warehouse.land_parcel add primary key (parcel_key);
create index on warehouse.land_parcel using gist (geom);
analyze warehouse.land_parcel;
"""
# A circle with bays and creeks: radius and number of vertices by number, so that every run draws the same.
_CONSTRAINTS = """
create table intermediate.int_constraint_live as
with wanted as (
    select
        n,
        case when n <= {licences} then 'mineral_licence' else 'mineral_zone' end as constraint_dataset,
        case
            when n <= {licences} then 6 + mod(n, 15)
            when n <= {licences} + {zones} - {detailed} then 100 + mod(n * 37, 1900)
            else {vertices} + mod(n, 6) * {vertices} / 2
        end as vertices,
        case when n <= {licences} then 0.002 when n <= {licences} + {zones} - {detailed} then 0.005 else 0.02 end
            * {extent} / 0.2 as radius,
        105.8 + {extent} * mod(abs(hashint8(n * 7919)), 10000) / 10000.0 as x,
        20.1 + {extent} * mod(abs(hashint8(n * 104729)), 10000) / 10000.0 as y
    from generate_series(1, {licences} + {zones}) as n
),
vertex as (
    select
        n, k,
        2 * pi() * k / vertices as angle,
        radius * (
            0.8 + 0.12 * sin(5 * 2 * pi() * k / vertices + n) + 0.03 * sin(37 * 2 * pi() * k / vertices)
            + 0.002 * sin(811 * 2 * pi() * k / vertices)
        ) as reach,
        x, y
    from wanted, generate_series(0, vertices - 1) as k
),
ring as (
    select n, st_makeline(st_makepoint(x + reach * cos(angle), y + reach * sin(angle)) order by k) as line
    from vertex group by n
)
select
    w.constraint_dataset, 'bench:' || w.n as constraint_key, 'bench'::text as source_system, 'RESERVE'::text as kind,
    date '2020-01-01' as valid_from, null::date as valid_to, '\\x01'::bytea as constraint_hash,
    st_setsrid(st_multi(st_makevalid(st_makepolygon(st_addpoint(r.line, st_startpoint(r.line))))), 4756) as geom
from wanted as w inner join ring as r on w.n = r.n;
create index on intermediate.int_constraint_live using gist (geom);
create unique index on intermediate.int_constraint_live (constraint_dataset, constraint_key);
analyze intermediate.int_constraint_live;
"""
_PLAIN = """
select p.parcel_key, c.constraint_key,
    st_area(st_transform(st_setsrid(
        st_collectionextract(st_intersection(p.geom, c.geom), 3), 4326), 6933)) as overlap_m2
from warehouse.land_parcel as p
inner join intermediate.int_constraint_live as c on st_intersects(p.geom, c.geom)
where {chosen}
"""


def make_world(conn: psycopg.Connection, *, parcels: int, licences: int, zones: int, vertices: int) -> None:
    """Makes the tables that the overlay reads, as their owner; six zones have at least `vertices` vertices each."""
    make_relations(conn, "land_parcel")
    side = round(parcels**0.5)
    numbers = {"side": side, "licences": licences, "zones": zones, "detailed": 6, "vertices": vertices}
    numbers["extent"] = 0.0002 * side
    for statement in (_PARCELS, _CONSTRAINTS):
        conn.execute(sql.SQL(statement).format(**{name: sql.Literal(value) for name, value in numbers.items()}))


def plain_join(conn: psycopg.Connection, *, share: float) -> Overlaps:
    """What the query that everybody writes first finds, on a share of the parcels (chosen by the hash of their key)."""
    chosen = sql.SQL("mod(abs(hashtext(p.parcel_key)), 10000) < {}").format(sql.Literal(round(share * 10_000)))
    rows = conn.execute(sql.SQL(_PLAIN).format(chosen=chosen))
    return {(parcel, constraint): area for parcel, constraint, area in rows if area > SLIVER_M2}


def built(conn: psycopg.Connection, *, share: float = 1.0) -> Overlaps:
    """What the model has found, on the same share of the parcels."""
    rows = conn.execute(
        "select parcel_key, constraint_key, overlap_area_m2::float8 from warehouse.parcel_constraint"
        " where mod(abs(hashtext(parcel_key)), 10000) < %s",
        (round(share * 10_000),),
    )
    return {(parcel, constraint): area for parcel, constraint, area in rows}


def conserved(conn: psycopg.Connection) -> list[tuple[str, float, float, int]]:
    """Per constraint that lies wholly on parcels: its area, the areas of its parts on them, m², and how many these are.

    The parcels of the edge do not reach the corners of the square: what comes within two of them is left out.
    """
    return conn.execute("""
        select c.constraint_key, st_area(c.geom::geography), sum(p.overlap_area_m2)::float8, count(*)
        from intermediate.int_constraint_live as c
        inner join warehouse.parcel_constraint as p
            on c.constraint_dataset = p.constraint_dataset and c.constraint_key = p.constraint_key
        where st_coveredby(c.geom, (
            select st_expand(st_setsrid(st_extent(geom)::geometry, 4756), -0.0004) from warehouse.land_parcel
        ))
        group by c.constraint_dataset, c.constraint_key, c.geom
    """).fetchall()


def brute_force(conn: psycopg.Connection) -> dict[tuple[str, str], shapely.Geometry]:
    """What parcels and constraints have in common, as shapely finds it pair by pair, with slivers and empty shapes."""
    keys, shapes = zip(*_shapes(conn, "intermediate.int_constraint_live", "constraint_key"), strict=True)
    for shape in shapes:
        shapely.prepare(shape)
    tree = shapely.STRtree(shapes)
    found: dict[tuple[str, str], shapely.Geometry] = {}
    for parcel_key, parcel in _shapes(conn, "warehouse.land_parcel", "parcel_key"):
        for at in tree.query(parcel, predicate="intersects"):
            common = parcel if shapes[at].contains(parcel) else shapely.intersection(parcel, shapes[at])
            found[parcel_key, keys[at]] = common
    return found


def measured(shapes: dict[tuple[str, str], shapely.Geometry], area: Callable[[shapely.Geometry], float]) -> Overlaps:
    """The areas of shapes, m², without the slivers."""
    areas = {pair: area(shape) for pair, shape in shapes.items()}
    return {pair: m2 for pair, m2 in areas.items() if m2 > SLIVER_M2}


def differences(
    found: Overlaps, expected: Overlaps, *, noise_m2: float = 0
) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """The pairs that only one side has, and those whose areas differ by more than a millionth of the area expected.

    `noise_m2` is what a way of measuring that is coarser than ours may be off besides.
    """
    # On the edge of what counts as a sliver either answer is right.
    edge = SLIVER_M2 * (1 + TOLERANCE) + noise_m2
    pairs = {pair for pair in found.keys() ^ expected.keys() if {**found, **expected}[pair] > edge}
    both = found.keys() & expected.keys()
    return pairs, {p for p in both if abs(found[p] - expected[p]) > max(TOLERANCE * expected[p], noise_m2)}


def area_m2(geometry: shapely.Geometry) -> float:
    """Area on the ellipsoid, m², in an equal-area projection; lines and points have none."""
    projected: shapely.Geometry = shapely.transform(geometry, lambda xy: np.column_stack(EQUAL_AREA.transform(*xy.T)))
    return float(projected.area)


def geodesic_m2(geometry: shapely.Geometry) -> float:
    """Geodesic area, m²; lines and points have none."""
    return abs(GEOD.geometry_area_perimeter(shapely.orient_polygons(geometry))[0]) if geometry.area else 0.0


def _shapes(conn: psycopg.Connection, table: str, key: str) -> Iterator[tuple[str, shapely.Geometry]]:
    query = sql.SQL("select {}, st_asbinary(geom) from {} order by 1")
    with conn.cursor("shapes") as cursor:
        cursor.execute(query.format(sql.Identifier(key), sql.Identifier(*table.split("."))))
        for name, wkb in cursor:
            yield name, shapely.from_wkb(wkb)
