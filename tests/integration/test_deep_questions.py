"""What is nested 100,000 deep is an error in every face, never an answer, and the connection goes on."""

import json

import psycopg
import pytest

from tests.integration.answered_province import answers, province
from tests.integration.checked_subjects import parcel

LEVELS = 100_000
# There is no way round it: the parser of jsonb runs before our function, and a second form of the function that takes
# text would be preferred for every literal, and so change what callers of today call. It stays PostgreSQL's error.
DEEP_JSON = {
    "lists": "[" * LEVELS + "]" * LEVELS,
    "objects": '{"a":' * LEVELS + "1" + "}" * LEVELS,
    "a value": '{"parcel_key": ' + "[" * LEVELS + "]" * LEVELS + "}",
    "a geometry": '{"geometry": {"type": "Polygon", "coordinates": ' + "[" * LEVELS + "]" * LEVELS + "}}",
    "a collection": '{"geometry": '
    + '{"type": "GeometryCollection", "geometries": [' * LEVELS
    + '{"type": "Point", "coordinates": [105.7, 20.1]}'
    + "]}" * LEVELS
    + "}",
}
COLLECTION = "GEOMETRYCOLLECTION(" * LEVELS + "POINT(105.7 20.1)" + ")" * LEVELS
# Little-endian collections of one, each in the other, around a point.
BINARY = "010700000001000000" * LEVELS + "0101000000cdcccccccc6c5a409a99999999193440"


@pytest.fixture(scope="module")
def here(cluster, homes):
    home = homes / "deep-questions"
    home.mkdir(mode=0o711, exist_ok=True)
    with province(cluster, "deep_questions", home) as made:
        yield made


@pytest.mark.parametrize("kind", DEEP_JSON)
def test_a_deep_subject_is_an_error_and_the_connection_goes_on(here, kind):
    with psycopg.connect(here.reader_dsn, autocommit=True) as conn:
        backend = conn.info.backend_pid
        with pytest.raises(psycopg.errors.StatementTooComplex, match="stack depth limit exceeded"):
            answers(conn, "LT-14", DEEP_JSON[kind])
        assert answers(conn, "LT-09", parcel(1))["PARCEL_EXISTS"][0] == "PASS"
        assert conn.info.backend_pid == backend


@pytest.mark.parametrize("depth", [500, 5_000])
def test_what_postgresql_can_read_is_refused_by_us(here, depth):
    """A collection is no accepted geometry at any depth, and deep coordinates are not written as a polygon."""
    collection = '{"type": "GeometryCollection", "geometries": [' * depth + "]}" * depth
    with psycopg.connect(here.reader_dsn, autocommit=True) as conn:
        for geometry in (collection, '{"type": "Polygon", "coordinates": ' + "[" * depth + "]" * depth + "}"):
            with pytest.raises((psycopg.errors.InvalidParameterValue, psycopg.errors.StatementTooComplex)) as refused:
                answers(conn, "LT-14", f'{{"geometry": {geometry}}}')
            if depth < 1_000:
                assert refused.value.diag.message_detail.startswith("Accepted: a GeoJSON Point")
        assert answers(conn, "LT-14", json.dumps({}))


@pytest.mark.parametrize("shape", [
    pytest.param(f"st_geomfromtext('{COLLECTION}', 4756)", id="text"),
    pytest.param(f"'{BINARY}'::geometry", id="binary"),
    pytest.param(f"st_geomfromwkb('\\x{BINARY}'::bytea, 4756)", id="bytes"),
])  # fmt: skip
def test_a_deep_geometry_is_an_error_of_the_commune_functions_and_the_connection_goes_on(here, shape):
    with psycopg.connect(here.reader_dsn, autocommit=True) as conn:
        backend = conn.info.backend_pid
        with pytest.raises(psycopg.Error) as refused:
            conn.execute(f"select * from shared.commune_today('90001', '2026-01-01', {shape})")
        assert refused.value.sqlstate and not isinstance(
            refused.value, psycopg.OperationalError | psycopg.InterfaceError
        )
        assert conn.execute("select count(*) from shared.commune_today('90001', '2026-01-01')").fetchone() == (1,)
        assert conn.info.backend_pid == backend
