"""VN-2000 in the database agrees with the EPSG registry, as another PROJ reads it, to a millimetre."""

import psycopg
import pyproj
import pytest

from connectors.errors import WrongSrid
from connectors.warehouse.vn2000 import assert_test_vector, insert_zones, zones
from tests.conftest import Warehouse

MILLIMETRE_DEG = 9e-9
POINTS = [(easting, northing) for easting in (380_000.0, 500_000.0, 620_000.0) for northing in (950e3, 2_550e3)]


@pytest.mark.parametrize("srid", [int(zone["epsg"]) for zone in zones()])
def test_zone_agrees_with_epsg(warehouse: Warehouse, srid: int) -> None:
    to_geographic = pyproj.Transformer.from_crs(srid, 4756, always_xy=True)
    to_wgs84 = pyproj.Transformer.from_pipeline(_pipeline_to_wgs84())
    with warehouse.connect("procedure_reader") as conn:
        for easting, northing in POINTS:
            lon, lat, lon84, lat84, east_back = _transformed(conn, srid, easting, northing)
            expected = to_geographic.transform(easting, northing)
            assert (lon, lat) == pytest.approx(expected, abs=MILLIMETRE_DEG)
            assert (lon84, lat84) == pytest.approx(to_wgs84.transform(*expected), abs=MILLIMETRE_DEG)
            assert east_back == pytest.approx(easting, abs=0.001)


def test_zone_to_wgs84_is_the_same_in_one_step(warehouse: Warehouse) -> None:
    query = "select st_x(p), st_y(p) from st_transform(st_setsrid(st_makepoint(500000, 2240000), %s::int), 4326) as p"
    with warehouse.connect("admin") as conn:
        for zone in zones():
            srid = int(zone["epsg"])
            direct = conn.execute(query, (srid,)).fetchone()
            assert direct == pytest.approx(_transformed(conn, srid, 500_000.0, 2_240_000.0)[2:4], abs=MILLIMETRE_DEG)


def test_unreversed_rotations_are_noticed(warehouse: Warehouse) -> None:
    with warehouse.connect("admin", autocommit=False) as conn:
        # Before the first transformation of this session, which would be remembered. Without the EPSG name PostGIS
        # reads the text of the row; this is the text with the published signs.
        conn.execute(
            "update spatial_ref_sys set auth_name = null, srtext = '', proj4text = replace(proj4text, "
            "'0.00928836,-0.01975479,0.00427372', '-0.00928836,0.01975479,-0.00427372') where srid in (4756, 9217)"
        )
        with pytest.raises(WrongSrid, match=r"lon 108\.87"):
            assert_test_vector(conn)


def test_damaged_rows_are_put_right(warehouse: Warehouse) -> None:
    damage = "update spatial_ref_sys set proj4text = '+proj=longlat', auth_name = null where srid in (4756, 5897, 9209)"
    snapshot = "select * from spatial_ref_sys order by srid"
    with warehouse.connect("admin", autocommit=False) as conn:
        before = conn.execute(snapshot).fetchall()
        conn.execute(damage)
        insert_zones(conn)
        assert conn.execute(snapshot).fetchall() == before


def _transformed(conn: psycopg.Connection, srid: int, easting: float, northing: float) -> tuple[float, ...]:
    row = conn.execute(
        """
        with zone as (select st_setsrid(st_makepoint(%s, %s), %s::int) as p),
        geographic as (select st_transform(p, 4756) as p from zone)
        select st_x(p), st_y(p), st_x(st_transform(p, 4326)), st_y(st_transform(p, 4326)),
            st_x(st_transform(p, %s::int))
        from geographic
        """,
        (easting, northing, srid, srid),
    ).fetchone()
    assert row is not None
    return row


def _pipeline_to_wgs84() -> str:
    """EPSG operation 6960, written out: coordinate-frame rotations with the published signs."""
    return (
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step +proj=push +v_3 "
        "+step +proj=cart +ellps=WGS84 +step +proj=helmert +x=-191.90441429 +y=-39.30318279 +z=-111.45032835 "
        "+rx=-0.00928836 +ry=0.01975479 +rz=-0.00427372 +s=0.252906278 +convention=coordinate_frame "
        "+step +inv +proj=cart +ellps=WGS84 +step +proj=pop +v_3 +step +proj=unitconvert +xy_in=rad +xy_out=deg"
    )
