"""The geometry macros on 407 real parcels (Prague-Bubeneč), set down in Ninh Bình with their metres kept.

Reprojection and repair keep every shape valid and every area, and find the overlaps that are there and no other.
"""

from collections.abc import Iterator
from itertools import starmap

import numpy as np
import psycopg
import pyogrio
import pytest
import shapely
from pyproj import CRS, Transformer

from connectors.settings import project_root, warehouse_dsn
from infra.cluster import Cluster
from tests.integration.built_land import ask, dbt, land_warehouse

PARCELS = project_root() / "tests" / "fixtures" / "parcels_bubenec" / "parcels.gpkg"
BOW_TIE = shapely.Polygon([(0, 0), (20, 0), (0, 30), (20, 30)])
SPIKE = shapely.Polygon([(0, 0), (20, 0), (20, 20), (0, 20), (0, 10), (-5, 10), (0, 10)])
SELECTED = ("+int_parcel_geometry_repaired", "+int_parcel_overlapped")
COLUMNS = "thuadatid, vpdk, maxa, maxa_tungay, sohieutobando, sothututhua, ladoituongchiemdat, dangtranhchap, hetoado"


def real_parcels() -> list[shapely.Geometry]:
    """The parcels in metres of TM-3 105°00', moved from Prague to Ninh Bình."""
    found = pyogrio.read_dataframe(PARCELS)
    to_metres = Transformer.from_crs(found.crs, CRS.from_epsg(32633), always_xy=True)
    shapes = shapely.transform(found.geometry.values, to_metres.transform, interleaved=False)
    west, south, *_ = shapely.total_bounds(shapes)
    return [moved(shape, 600_000 - west, 2_240_000 - south) for shape in shapes]


def moved(shape: shapely.Geometry, east: float, north: float) -> shapely.Geometry:
    """The shape at another place."""
    return shapely.transform(shape, lambda xy: xy + np.array([east, north]))


@pytest.fixture(scope="module")
def parcels(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[shapely.Geometry]]:
    """Real parcels 1 to 407, then two damaged ones far from them, built."""
    shapes = real_parcels()
    shapes += [moved(shape, 620_000, 2_260_000) for shape in (BOW_TIE, shapely.MultiPolygon([SPIKE]))]
    with land_warehouse(cluster, "warehouse_of_shapes", tmp_path_factory.mktemp("shapes")):
        rows = [
            (key, "37", "99999", "2026-01-01", "1", str(key), False, False, 5897, shapely.to_wkb(shape))
            for key, shape in enumerate(shapes, start=1)
        ]
        with psycopg.connect(warehouse_dsn("lt_loader")) as connection, connection.cursor() as cursor:
            cursor.executemany(
                f"""
                insert into raw.land_registry__parcel
                    ({COLUMNS}, tungay, capnhatluc, geom, _row_hash, _batch_id, _change_no, _loaded_at)
                values (%s, %s, %s, %s, %s, %s, %s, %s, %s, '2026-01-01', now(),
                    st_setsrid(st_geomfromwkb(%s), 5897), '', 1, 1, now())
                """,
                rows,
            )
        dbt("build", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "test", "--select", *SELECTED)
        yield shapes


def test_real_shapes_stay_valid_and_keep_their_area(parcels):
    rows = ask(
        """
        select parcel_id, geometry_repaired, st_isvalid(geom), st_geometrytype(geom), st_srid(geom),
            st_area(st_transform(geom, 5897)), computed_area_m2
        from intermediate.int_parcel_geometry_repaired where parcel_id <= 407 order by 1
        """
    )
    assert len(rows) == 407
    assert {row[1:5] for row in rows} == {(False, True, "ST_MultiPolygon", 4756)}
    stated = np.array([shape.area for shape in parcels[:407]])
    assert np.abs(np.array([row[5] for row in rows]) / stated - 1).max() < 1e-6
    # one degree east of its meridian the scale of the zone is 0.9999 x 1.00012, so ground area is smaller by 0.04 %
    ground = np.array([row[6] for row in rows]) / stated
    assert ground.min() == pytest.approx(ground.max(), abs=2e-5)
    assert ground.mean() == pytest.approx(1 / (0.9999 * (1 + 100_500**2 / (2 * 6_366_000**2))) ** 2, abs=1e-5)


def test_overlaps_are_those_that_are_there_and_no_other(parcels):
    tree = shapely.STRtree(parcels[:407])
    pairs = [(one, other) for one, other in tree.query(parcels[:407]).T.tolist() if one < other]
    areas = starmap(lambda one, other: parcels[one].intersection(parcels[other]).area, pairs)
    there = {(one + 1, other + 1) for (one, other), area in zip(pairs, areas, strict=True) if area >= 0.1}
    found = ask(
        """
        select parcel_id, other from intermediate.int_parcel_overlapped, unnest(overlap_ids) as other
        where parcel_id < other and other <= 407
        """
    )
    assert len(pairs) > 1000
    assert set(found) == there


def test_a_repair_says_how_much_ground_it_moved(parcels):
    rows = ask(
        """
        select geometry_repaired, area_change_share, st_isvalid(geom), computed_area_m2
        from intermediate.int_parcel_geometry_repaired where parcel_id > 407 order by parcel_id
        """
    )
    bow_tie, spike = rows
    assert bow_tie[0] and bow_tie[2] and bow_tie[1] > 0.5
    assert spike[0] and spike[2] and spike[1] < 1e-6
    assert spike[3] == pytest.approx(400, rel=1e-3)
