"""The real ground that the demonstration stands on: communes, zones, GeoHash, areas."""

import numpy as np
import pytest
import shapely

from infra.demo import geohash
from infra.demo.columns import stream
from infra.demo.land_splits import halves
from infra.demo.names import personal_numbers, tax_codes
from infra.demo.territory import divided_codes, load_communes, new_codes, project, to_zone, unproject
from infra.demo.tiling import tile


def test_geohash_of_the_test_vector_is_the_published_one():
    longitude, latitude = to_zone(9217).transform(568262.924, 1255172.510, direction="INVERSE")
    assert (round(latitude, 5), round(longitude, 5)) == (11.34936, 108.8772)
    assert geohash.encode(np.array([longitude]), np.array([latitude]))[0] == "w6j2td1fy9tm"


def test_geohash_of_known_places():
    assert geohash.encode(np.array([-5.6, 112.558]), np.array([42.6, 37.832]), 5).tolist() == ["ezs42", "ww8p1"]


def test_all_129_communes_belong_to_an_old_province_and_know_their_old_codes():
    communes = load_communes()
    assert len(communes) == 129
    assert {commune.office: commune.zone for commune in communes} == {"35": 9209, "36": 9209, "37": 5897}
    assert all(commune.old_codes and commune.code in new_codes() for commune in communes)
    assert all(len(code) == 5 and code.isdigit() for commune in communes for code in commune.old_codes)
    assert len(divided_codes()) == 6


def test_projection_there_and_back_moves_nothing_by_more_than_a_millimetre():
    boundary = project(load_communes()[0].boundary, 5897)
    again = project(unproject(boundary, 5897), 5897)
    assert np.abs(shapely.get_coordinates(boundary) - shapely.get_coordinates(again)).max() < 1e-3


@pytest.mark.parametrize("index", [0, 60, 128])
def test_tiles_of_a_commune_fill_their_patch_without_gap_or_overlap(index):
    commune = load_communes()[index]
    tiles = tile(commune, 500, stream(5, "test"))
    assert len(tiles.polygons) >= 500
    assert shapely.is_valid(tiles.polygons).all()
    union = shapely.union_all(tiles.polygons)
    assert union.geom_type == "Polygon"
    assert not union.interiors
    assert shapely.area(tiles.polygons).sum() == pytest.approx(union.area, abs=1e-3)
    assert shapely.covers(project(commune.boundary, commune.zone), union)


def test_halves_of_a_parcel_make_the_whole():
    parcel = shapely.Polygon([(0, 0), (30.2, 1), (30, 12), (0.5, 11)])
    left, right = halves(parcel)
    assert left.is_valid
    assert right.is_valid
    assert left.intersection(right).area < 0.05
    assert left.union(right).symmetric_difference(parcel).area < 0.05


def test_tax_codes_and_personal_numbers_are_well_formed():
    from stdnum.vn import mst

    codes = tax_codes(stream(1, "t"), 500)
    assert all(mst.is_valid(code) for code in codes)
    numbers = personal_numbers(stream(1, "p"), np.array(["35", "36", "37"] * 50))
    assert all(len(number) == 12 and number.startswith("03") for number in numbers)
