"""Generated protected areas: inside the communes, as large as they say, and damaged where the list says so."""

from datetime import date

import numpy as np
import pyogrio
import pytest
import shapely
from pyproj import Geod

from infra.demo.columns import Columns
from infra.demo.protected_areas import FILE, KINDS, LAYER, OVER_PARCELS, ZONE, damage_areas, make_areas, write_areas
from infra.demo.source_tables import contract_tables
from infra.demo.territory import load_communes, project, unproject
from infra.demo.tiling import inscribed_circle

TODAY = date(2026, 11, 20)


@pytest.fixture
def areas() -> Columns:
    return make_areas(seed=4, today=TODAY)


def test_the_same_seed_makes_the_same_areas_and_another_makes_others(areas):
    again, others = make_areas(seed=4, today=TODAY), make_areas(seed=5, today=TODAY)
    assert all(shapely.equals_exact(areas["geom"], again["geom"]))
    assert not any(shapely.equals_exact(areas["geom"], others["geom"]))
    assert set(areas["loai_khu"]) == set(KINDS)
    assert all("mô phỏng" in name for name in areas["ten_khu"])


def test_areas_are_valid_within_a_commune_and_as_large_as_stated(areas):
    communes = [project(commune.boundary, ZONE) for commune in load_communes()]
    mineral = shapely.union_all(communes[::3])
    for shape, stated in zip(areas["geom"], areas["dien_tich_ha"], strict=True):
        assert shapely.is_valid(shape)
        assert any(shapely.covers(shapely.buffer(commune, 0.1), shape) for commune in communes)
        assert shapely.intersection(shape, mineral).area < 1
        size = sum(abs(Geod(ellps="WGS84").geometry_area_perimeter(part)[0]) for part in unproject(shape, ZONE).geoms)
        assert size / 10_000 == pytest.approx(stated, rel=0.001)


def test_the_first_lie_over_the_middle_of_a_commune_and_the_others_do_not(areas):
    middles = []
    for commune in load_communes():
        centre, _ = inscribed_circle(commune)
        middles.append(project(unproject(shapely.Point(*centre), commune.zone), ZONE))
    nearest = [min(shapely.distance(shape, middle) for middle in middles) for shape in areas["geom"]]
    assert max(nearest[:OVER_PARCELS]) < 100
    assert min(nearest[OVER_PARCELS:]) > 800


def test_each_fault_is_one_row_and_touches_no_other(areas):
    clean = make_areas(seed=4, today=TODAY)
    faults = damage_areas(areas)
    damaged = {int(fault.source_key) for fault in faults}
    assert len(damaged) == len(faults) == 4 and {fault.rule_id for fault in faults} == {"B01", "B02", "B03", "B05"}
    for row, key in enumerate(areas["khu_id"]):
        is_same = all(str(areas[name][row]) == str(clean[name][row]) for name in areas)
        assert is_same == (key not in damaged)
    row = {fault.rule_id: int(fault.source_key) - 1 for fault in faults}
    assert areas["loai_khu"][row["B01"]] not in KINDS
    assert not shapely.is_valid(areas["geom"][row["B02"]])
    assert areas["het_hieu_luc"][row["B03"]] < areas["ngay_quyet_dinh"][row["B03"]]


def test_the_file_is_what_the_contract_reads(areas, tmp_path):
    assert write_areas(tmp_path / "drop", areas) == 16
    (contract,) = contract_tables("protected_areas").values()
    info = pyogrio.read_info(tmp_path / "drop" / FILE, layer=LAYER)
    assert contract["source"] == FILE and contract["format"]["layer"] == LAYER
    assert list(contract["format"]["rename"]) == list(info["fields"])
    assert info["crs"] == f"EPSG:{contract['geometry']['srid']}"
    rows = pyogrio.read_dataframe(tmp_path / "drop" / FILE)
    assert np.allclose(rows["DIENTICH"], areas["dien_tich_ha"]) and rows["HETHL"].isna().all()
