"""The overlay of 20,000 parcels with 460 constraints equals what shapely finds pair by pair."""

from collections.abc import Iterator

import psycopg
import pytest

from connectors.settings import warehouse_dsn
from infra.cluster import Cluster
from infra.databases import ensure_warehouse
from tests.benchmarks import overlay_world
from tests.benchmarks.overlay import build
from tests.integration.built_land import dbt

PARCELS = 142**2


@pytest.fixture(scope="module")
def overlaid(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[psycopg.Connection]:
    """The made-up country, overlaid."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIENTHONG_HOME", str(tmp_path_factory.mktemp("overlay")))
        for setting, dsn in ensure_warehouse(cluster, "overlay_brute_force").items():
            patch.setenv(setting, dsn)
        with psycopg.connect(warehouse_dsn("lt_builder")) as conn:
            overlay_world.make_world(conn, parcels=PARCELS, licences=400, zones=60, vertices=5_000)
            conn.commit()
            dbt("seed", "--select", "derivation_parameter")
            build(*overlay_world.TABLES)
            yield conn


def test_overlay_of_twenty_thousand_parcels_equals_brute_force(
    overlaid: psycopg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    shapes, found = overlay_world.brute_force(overlaid), overlay_world.built(overlaid)
    expected = overlay_world.measured(shapes, overlay_world.area_m2)
    pairs, areas = overlay_world.differences(found, expected)
    both = found.keys() & expected.keys()
    worst, of = max((abs(found[pair] - expected[pair]) / expected[pair], expected[pair]) for pair in both)
    with capsys.disabled():
        print(f"\n{PARCELS} parcels: {len(expected)} pairs by brute force, {len(found)} built, {len(pairs)} differ")
        print(f"the worst area is {worst:.1e} of itself off, one of {of:.2f} m²")
    assert (pairs, areas) == (set(), set())
    assert len(expected) > PARCELS / 10
    small = [pair for pair in both if expected[pair] < 1]
    assert len(small) > 100, "six decimals would do for all others"

    # a way of measuring that has nothing in common with ours, but for its noise
    geodesic = overlay_world.measured(shapes, overlay_world.geodesic_m2)
    noise = overlay_world.GEODESIC_NOISE_M2
    assert overlay_world.differences(found, geodesic, noise_m2=noise) == (set(), set())

    gone, smallest, *_ = sorted(found, key=lambda pair: expected[pair])
    del found[gone]  # the comparison itself must notice
    found[smallest] *= 1 + 2e-6
    assert overlay_world.differences(found, expected) == ({gone}, {smallest})


def test_what_lies_on_parcels_is_conserved(overlaid: psycopg.Connection) -> None:
    """The parts of a constraint on the parcels that tile its ground add up to it, but for the slivers left out."""
    whole = overlay_world.conserved(overlaid)
    assert len(whole) > 200
    assert lost_from(whole) == set()
    with overlaid.transaction(force_rollback=True):  # the comparison itself must notice
        overlaid.execute("update warehouse.parcel_constraint set overlap_area_m2 = overlap_area_m2 * 0.99")
        assert len(lost_from(overlay_world.conserved(overlaid))) == len(whole)


def lost_from(whole: list[tuple[str, float, float, int]]) -> set[str]:
    return {
        key for key, area, parts, count in whole if abs(area - parts) > 1e-6 * area + count * overlay_world.SLIVER_M2
    }
