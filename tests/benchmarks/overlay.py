"""How fast parcels are overlaid, against the plain join, and after a day of changes: `make bench-overlay`.

On a made-up country of a million parcels, 400 licences and 60 zones, six of them with 50,000 vertices and more. The
plain join is timed on a share of the parcels and scaled up, because all of it takes long.
"""

import argparse
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from connectors.settings import home, warehouse_dsn
from infra.databases import ensure_warehouse
from infra.throw_away import throw_away_cluster
from tests.benchmarks import overlay_world
from tests.integration.built_land import dbt

_DAY = """
update warehouse.land_parcel set geom = st_translate(geom, 0.00001, 0.00001), row_hash = sha256(row_hash)
where mod(abs(hashtext(parcel_key || 'day')), 100) = 0
"""


def main() -> None:
    """Prints the seconds and their ratios."""
    arguments = _arguments()
    with _warehouse(), psycopg.connect(warehouse_dsn("lt_builder"), autocommit=True) as conn:
        with _timed("made"):
            overlay_world.make_world(
                conn, parcels=arguments.parcels, licences=400, zones=60, vertices=arguments.vertices
            )
        dbt("seed", "--select", "derivation_parameter")
        start = time.monotonic()
        plain = overlay_world.plain_join(conn, share=arguments.share)
        plain_seconds = (time.monotonic() - start) / arguments.share
        full = build("--full-refresh")
        found = overlay_world.built(conn, share=arguments.share)
        pairs, areas = overlay_world.differences(found, plain)
        changed = conn.execute(_DAY.encode()).rowcount
        day = build()
        print(f"{len(plain)} pairs by the plain join, {len(found)} built; {len(pairs)} differ, {len(areas)} in area")
        print(f"plain join: {plain_seconds:.0f} s, scaled up from {arguments.share:.0%} of the parcels")
        print(f"overlay: {full:.1f} s, {plain_seconds / full:.0f} times faster")
        print(f"after {changed} changed parcels: {day:.2f} s, {day / full:.1%} of the whole")


def build(*arguments: str) -> float:
    """Runs the models of the overlay; the seconds of its tables, without those that dbt takes to start."""
    dbt("run", *arguments, "--select", *overlay_world.OVERLAY)
    results = json.loads((home() / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    return float(sum(r["execution_time"] for r in results if r["unique_id"].endswith(overlay_world.TABLES)))


@contextmanager
def _warehouse() -> Iterator[None]:
    with throw_away_cluster() as cluster:
        os.environ["LIENTHONG_HOME"] = str(cluster.home)
        os.environ |= ensure_warehouse(cluster, "bench_overlay")
        yield


@contextmanager
def _timed(what: str) -> Iterator[None]:
    start = time.monotonic()
    yield
    print(f"{what} in {time.monotonic() - start:.0f} s", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-overlay", description=__doc__)
    parser.add_argument("--parcels", type=int, default=1_000_000)
    parser.add_argument("--vertices", type=int, default=50_000, help="of the six most detailed zones, at least")
    parser.add_argument("--share", type=float, default=0.01, help="of the parcels for the plain join")
    return parser.parse_args()


if __name__ == "__main__":
    main()
