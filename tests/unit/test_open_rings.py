"""Polygons that do not close are kept as lines, every coordinate as it came; all else stays what it was."""

import json

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from connectors.sources._ogc_features import parse_geometries
from connectors.sources._open_rings import lines_of_json, lines_of_wkb

RING = [[105.9, 20.2], [106.0, 20.2], [106.0, 20.3], [105.9, 20.2]]
OPEN = [*RING[:-1], [105.9, 20.21]]
BOUND = st.floats(-1e7, 1e7, allow_nan=False)


def opened_wkb(shape: shapely.Geometry, shift: float) -> bytes:
    """The WKB of a polygon whose very last coordinate was moved."""
    wkb = shapely.to_wkb(shape, byte_order=1)
    return wkb[:-8] + np.float64(shapely.get_coordinates(shape, include_z=shape.has_z)[-1][-1] + shift).tobytes()


@given(st.lists(st.tuples(BOUND, BOUND), min_size=3, max_size=30, unique=True), st.booleans())
def test_every_corner_of_an_open_polygon_is_kept_in_its_place(corners, is_many):
    polygon = shapely.Polygon(corners)
    wkb = opened_wkb(shapely.MultiPolygon([polygon]) if is_many else polygon, 1e6)
    lines, opened = lines_of_wkb(pa.array([wkb, None]), np.array([True, False]))
    assert opened.tolist() == [True, False] and lines[1].as_py() is None
    kept = shapely.from_wkb(lines[0].as_py())
    assert kept.geom_type == "MultiLineString" and not kept.is_closed
    expected = shapely.get_coordinates(polygon)
    expected[-1, 1] += 1e6
    assert np.array_equal(shapely.get_coordinates(kept), expected)


def test_heights_and_holes_are_kept():
    shape = shapely.force_3d(shapely.Polygon(RING).buffer(1, 2).difference(shapely.Point(106, 20.2).buffer(0.1, 1)), 7)
    lines, _ = lines_of_wkb(pa.array([opened_wkb(shape, 2.0)]), np.array([True]))
    kept = shapely.from_wkb(lines[0].as_py())
    assert kept.has_z and len(kept.geoms) == 2
    assert shapely.get_coordinates(kept, include_z=True)[-1][-1] == 9


@pytest.mark.parametrize("cut", [3, 9, 20, 60])
def test_bytes_cut_off_stay_broken(cut):
    wkb = opened_wkb(shapely.Polygon(RING), 1.0)[:cut]
    shapes, opened = lines_of_wkb(pa.array([wkb]), np.array([True]))
    assert not opened.any() and shapes[0].as_py() == wkb


def test_open_geojson_arrives_as_lines_and_nonsense_does_not():
    given_shapes = [
        {"type": "Polygon", "coordinates": [OPEN]},
        {"type": "MultiPolygon", "coordinates": [[RING], [OPEN]]},
        {"type": "Polygon", "coordinates": [RING]},
        {"type": "Polygon", "coordinates": [["here"], 7]},
        {"type": "Polygon"},
        None,
    ]
    wkbs, wrong, opened = parse_geometries(given_shapes)
    assert opened.tolist() == [True, True, False, False, False, False]
    assert wrong.tolist() == [False, False, False, True, True, False]
    assert shapely.get_coordinates(shapely.from_wkb(wkbs[0])).tolist() == OPEN
    assert len(shapely.from_wkb(wkbs[1]).geoms) == 2
    assert lines_of_json(json.loads('{"type": "Point", "coordinates": [1, 2]}')) is None
