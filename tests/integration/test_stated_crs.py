"""In which system the coordinates of a question are: the crs of its geometry is read, or the question is refused."""

import psycopg
import pytest

from tests.integration.answered_province import province

PLACE = [105.657, 20.073]


@pytest.fixture(scope="module")
def here(cluster, homes):
    home = homes / "stated-crs"
    home.mkdir(mode=0o711, exist_ok=True)
    with province(cluster, "stated_crs", home) as made:
        yield made


def geometry(crs: object) -> dict:
    return {"type": "Point", "coordinates": PLACE, "crs": crs}


def named(name: str) -> dict:
    return {"type": "name", "properties": {"name": name}}


def read(here, subject: dict) -> str:
    """Where the question lies, VN-2000."""
    query = "select st_astext(checks.read_geometry(%s), 5)"
    with psycopg.connect(here.admin_dsn) as conn:
        return conn.execute(query, (psycopg.types.json.Jsonb(subject),)).fetchone()[0]


@pytest.mark.parametrize(("name", "srid"), [
    ("EPSG:4756", 4756), ("urn:ogc:def:crs:EPSG::4756", 4756), ("urn:ogc:def:crs:EPSG:9.9.1:4756", 4756),
    ("EPSG:4326", 4326), ("urn:ogc:def:crs:OGC:1.3:CRS84", 4326),
])  # fmt: skip
def test_the_crs_of_the_geometry_is_read(here, name, srid):
    plain = {"geometry": {"type": "Point", "coordinates": PLACE}, "srid": srid}
    assert read(here, {"geometry": geometry(named(name))}) == read(here, plain)
    assert read(here, {"geometry": geometry(named(name)), "srid": srid}) == read(here, plain)
    other = 4756 if srid == 4326 else 4326
    assert read(here, plain) != read(here, plain | {"srid": other})
    refused(here, {"geometry": geometry(named(name)), "srid": other}, f"EPSG:{srid}, and srid is {other}")


@pytest.mark.parametrize("crs", [named("EPSG:3405"), named("EPSG:14756"), {"type": "link"}, None, "EPSG:4756", {}])
def test_a_crs_that_is_not_accepted_is_refused(here, crs):
    for srid in ({}, {"srid": 4756}):
        refused(here, {"geometry": geometry(crs)} | srid, "none that is accepted")


def refused(here, subject: dict, problem: str) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue, match=problem) as error:
        here.ask("LT-14", subject)
    assert "4756 (VN-2000)" in error.value.diag.message_detail
