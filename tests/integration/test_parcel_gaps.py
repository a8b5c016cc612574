"""Gaps between parcels: slivers are found, land that is not registered and noise are not."""

from collections.abc import Iterator

import psycopg
import pytest
import shapely

from connectors.settings import warehouse_dsn
from expectations.parcel_gaps import read_survey, survey_gaps
from infra.cluster import Cluster
from infra.databases import ensure_warehouse
from tests.benchmarks.released_tables import make_relations
from tests.integration.built_land import dbt

METRE = 1 / 104_600  # of longitude at 20.2 degrees north, degrees
_PUT = """
insert into warehouse.land_parcel (
    parcel_key, source_system, parcel_id, commune_code, sheet_no, parcel_no, survey_area_m2, legal_area_m2,
    is_geometry_empty, axes_swapped, is_zone_usual, is_datum_shift_missing, coordinate_error, geom
) values (%s, 'test', 1, %s, '1', '1', 1, 1, false, false, true, false, %s, st_multi(st_geomfromtext(%s, 4756)))
"""


@pytest.fixture
def ground(cluster: Cluster, tmp_path, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection]:
    """A warehouse with parcels of our own and the dated parameters."""
    monkeypatch.setenv("LIENTHONG_HOME", str(tmp_path))
    for setting, dsn in ensure_warehouse(cluster, "warehouse_of_gaps").items():
        monkeypatch.setenv(setting, dsn)
    with psycopg.connect(warehouse_dsn("lt_builder"), autocommit=True) as conn:
        make_relations(conn, "land_parcel", "administrative_unit")
        dbt("seed", "--select", "derivation_parameter")
        yield conn


def put(conn: psycopg.Connection, key: str, x: float, *, commune: str = "13285", width: float = 20, error=None) -> None:
    """A parcel from `x` metres on, 20 m deep, open to nothing but what lies beside it."""
    box = shapely.box(106 + x * METRE, 20.2, 106 + (x + width) * METRE, 20.2002)
    conn.execute(_PUT, (key, commune, error, box.wkt))


def test_a_sliver_that_parcels_enclose_is_a_gap(ground: psycopg.Connection) -> None:
    for key, x in (("a", 0), ("b", 20.5), ("c", 41.5), ("d", 41.5 + 20 + 0.02)):
        put(ground, key, x)
    closed = shapely.union_all([shapely.box(106 - METRE, 20.1999, 106 + 90 * METRE, 20.2),
                                shapely.box(106 - METRE, 20.2002, 106 + 90 * METRE, 20.2003)])  # fmt: skip
    for number, part in enumerate(closed.geoms):
        ground.execute(_PUT, (f"road {number}", "13285", None, part.wkt))
    put(ground, "right", 82, width=8)
    put(ground, "left", -1, width=1)
    with psycopg.connect(warehouse_dsn("lt_publisher")) as reader:
        assert read_survey(reader) is None
        # between a and b 0.5 m, b and c 1 m, c and d 2 cm (0.4 m2, noise), d and the last one 0.48 m
        assert survey_gaps() == 3
        survey = read_survey(reader)
        assert survey is not None
        assert [gap.parcel_keys for gap in survey.largest] == [
            ["b", "c", "road 0", "road 1"], ["a", "b", "road 0", "road 1"], ["d", "right", "road 0", "road 1"],
        ]  # fmt: skip
        assert float(survey.largest[0].area_m2) == pytest.approx(22.1, abs=0.3)
        assert (survey.gaps, survey.parcels) == (3, 8)
        assert survey.area_m2 == pytest.approx(sum(float(gap.area_m2) for gap in survey.largest))
        reader.rollback()

        put(ground, "beside", 20, commune="13288", width=0.5)  # of another commune, and covers the ground
        put(ground, "elsewhere", 40.5, width=1, error="DEGREES")  # covers it as well, if it lies there at all
        ground.execute("delete from warehouse.land_parcel where parcel_key = 'd'")  # 21 m: land that is not registered
        assert survey_gaps() == 0
        survey = read_survey(reader)
        assert survey is not None
        assert (survey.gaps, survey.area_m2, survey.largest, survey.parcels) == (0, 0, [], 8)
