"""VN-2000 in the warehouse: the zone rows of `spatial_ref_sys`, and the proof that they reproject as they should.

Reprojection itself happens in a dbt macro, in the database; nothing here transforms data.
"""

import csv
from pathlib import Path

import psycopg

from connectors.errors import WrongSrid

ZONES_FILE = Path(__file__).parent / "ddl" / "vn2000_zones.csv"
GEOGRAPHIC_SRID = 4756
# EPSG:9217, E 568262.924 N 1255172.510: two independent sources agree on this position to 2e-6 degrees.
TEST_VECTOR = (9217, 568262.924, 1255172.510, 108.877201, 11.349358)
TOLERANCE_DEG = 2e-6
_TOWGS84 = "-191.90441429,-39.30318279,-111.45032835,0.00928836,-0.01975479,0.00427372,0.252906278"
_GEOGRAPHIC_PROJ4 = f"+proj=longlat +ellps=WGS84 +towgs84={_TOWGS84} +no_defs"
_GEOGRAPHIC_WKT = (
    'GEOGCS["VN-2000",DATUM["Vietnam_2000",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],'
    f'TOWGS84[{_TOWGS84}],AUTHORITY["EPSG","6756"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],'
    'UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4756"]]'
)
_TRANSFORMED = """
select st_x(p), st_y(p)
from st_transform(st_transform(st_setsrid(st_makepoint(%s, %s), %s::int), %s::int), %s::int) as p
"""
_UPSERT = """
insert into spatial_ref_sys as s (srid, auth_name, auth_srid, srtext, proj4text)
values (%(srid)s, 'EPSG', %(srid)s, %(srtext)s, %(proj4text)s)
on conflict (srid) do update
set auth_name = excluded.auth_name, auth_srid = excluded.auth_srid,
    srtext = excluded.srtext, proj4text = excluded.proj4text
where (s.auth_name, s.auth_srid, s.srtext, s.proj4text)
    is distinct from (excluded.auth_name, excluded.auth_srid, excluded.srtext, excluded.proj4text)
"""


def zones() -> list[dict[str, str]]:
    """The twenty projected VN-2000 systems: epsg, central_meridian_deg, scale, proj4text."""
    with ZONES_FILE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def insert_zones(conn: psycopg.Connection) -> None:
    """Write the geographic system and all zones into `spatial_ref_sys`; rows that are right are not touched."""
    rows = [{"srid": GEOGRAPHIC_SRID, "srtext": _GEOGRAPHIC_WKT, "proj4text": _GEOGRAPHIC_PROJ4}]
    rows += [{"srid": int(z["epsg"]), "srtext": _zone_wkt(z), "proj4text": z["proj4text"]} for z in zones()]
    conn.cursor().executemany(_UPSERT, rows)


def assert_test_vector(conn: psycopg.Connection) -> None:
    """Raise `WrongSrid` unless zone → 4756 → 4326 hits the test vector, and zone → 4326 directly agrees with it."""
    srid, easting, northing, expected_lon, expected_lat = TEST_VECTOR
    for path in ((GEOGRAPHIC_SRID, 4326), (4326, 4326)):
        row = conn.execute(_TRANSFORMED, (easting, northing, srid, *path)).fetchone()
        assert row is not None
        if abs(row[0] - expected_lon) > TOLERANCE_DEG or abs(row[1] - expected_lat) > TOLERANCE_DEG:
            raise WrongSrid(
                expected=f"lon {expected_lon} lat {expected_lat} within {TOLERANCE_DEG}° for EPSG:{srid}",
                found=f"lon {row[0]:.7f} lat {row[1]:.7f} by way of {' → '.join(map(str, path))}",
                where="spatial_ref_sys of the warehouse",
                next_step="Apply the schema again; if it stays wrong, compare the PROJ version and its grid settings.",
            )


def _zone_wkt(zone: dict[str, str]) -> str:
    parameters = {
        "latitude_of_origin": "0",
        "central_meridian": f"{float(zone['central_meridian_deg']):g}",
        "scale_factor": zone["scale"],
        "false_easting": "500000",
        "false_northing": "0",
    }
    return (
        f'PROJCS["VN-2000 / EPSG {zone["epsg"]}",{_GEOGRAPHIC_WKT},PROJECTION["Transverse_Mercator"],'
        + "".join(f'PARAMETER["{name}",{value}],' for name, value in parameters.items())
        + 'UNIT["metre",1,AUTHORITY["EPSG","9001"]],AXIS["Easting",EAST],AXIS["Northing",NORTH],'
        f'AUTHORITY["EPSG","{zone["epsg"]}"]]'
    )
