"""The overlay of 20,000 parcels with 460 constraints equals what shapely finds pair by pair."""

from pathlib import Path

import psycopg
import pytest

from connectors.settings import warehouse_dsn
from infra.cluster import Cluster
from infra.databases import ensure_warehouse
from tests.benchmarks import overlay_world
from tests.benchmarks.overlay import build
from tests.integration.built_land import dbt

PARCELS = 142**2


def test_overlay_of_twenty_thousand_parcels_equals_brute_force(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIENTHONG_HOME", str(tmp_path))
    for setting, dsn in ensure_warehouse(cluster, "overlay_brute_force").items():
        monkeypatch.setenv(setting, dsn)
    with psycopg.connect(warehouse_dsn("lt_builder")) as conn:
        overlay_world.make_world(conn, parcels=PARCELS, licences=400, zones=60, vertices=5_000)
        conn.commit()
        dbt("seed", "--select", "derivation_parameter")
        build(*overlay_world.TABLES)
        expected, found = overlay_world.brute_force(conn), overlay_world.built(conn)
    pairs, areas = overlay_world.differences(found, expected)
    with capsys.disabled():
        print(f"\n{PARCELS} parcels: {len(expected)} pairs by brute force, {len(found)} built, {len(pairs)} differ")
    worst = [(found[pair], expected[pair]) for pair in areas]
    assert (pairs, worst) == (set(), [])
    assert len(expected) > PARCELS / 10

    found.pop(next(iter(found)))  # the comparison itself must notice
    key = next(iter(found))
    found[key] *= 1.001
    assert [len(part) for part in overlay_world.differences(found, expected)] == [1, 1]
