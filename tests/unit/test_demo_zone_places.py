"""One zone and one protected area that say they lie elsewhere: added, outside the province, and explained."""

from datetime import date

import numpy as np
import pytest
import shapely

from infra.demo.mineral_cadastre import make_zones
from infra.demo.protected_areas import ZONE, make_areas
from infra.demo.territory import load_communes, project, unproject
from infra.demo.zone_place_faults import SURVEYED_ZONE, exchange_axes_of_zone, take_area_to_another_zone

TODAY = date(2026, 11, 20)


@pytest.fixture(scope="module")
def province() -> shapely.Geometry:
    return shapely.buffer(shapely.union_all([commune.boundary for commune in load_communes()]), 0.001)


def test_a_zone_with_exchanged_axes_is_added_and_the_others_stay(province):
    before = make_zones(seed=4, today=TODAY)
    after, (fault,) = exchange_axes_of_zone(before, seed=4)
    assert all(np.array_equal(after[name][:-1].astype(str), before[name].astype(str)) for name in before)
    assert fault.rule_id == "M44" and fault.source_key == str(after["khu_vuc_id"][-1])
    shape = after["geom"][-1]
    assert not shapely.intersects(province, shape)
    assert shapely.covers(province, shapely.transform(shape, lambda corners: corners[:, ::-1]))


@pytest.mark.parametrize("seed", [1, 4, 20251])
def test_an_area_of_another_zone_lies_outside_and_comes_back_in_its_own(province, seed):
    before = make_areas(seed=seed, today=TODAY)
    after, (fault,) = take_area_to_another_zone(before, seed=seed)
    assert all(np.array_equal(after[name][:-1].astype(str), before[name].astype(str)) for name in before)
    assert fault.rule_id == "B06" and fault.source_key == str(after["khu_id"][-1])
    shape = after["geom"][-1]
    assert shapely.is_valid(shape) and not shapely.intersects(province, unproject(shape, ZONE))
    assert shapely.covers(province, unproject(shape, SURVEYED_ZONE))
    assert shapely.area(project(unproject(shape, SURVEYED_ZONE), ZONE)) / 10_000 == pytest.approx(
        after["dien_tich_ha"][-1], rel=0.01
    )
