"""How fast parcels are overlaid, against the plain join, and after a day of changes: `make bench-overlay`.

On a made-up country of a million parcels, 400 licences and 60 zones, six of them with 50,000 vertices and more. The
plain join is timed on a share of the parcels (SHARE) and scaled up, because all of it takes half an hour. A day is one
in which a hundredth of the parcels changed: of the overlay's tables a build then makes parcel_constraint alone again,
because the others stand on no land table (`expectations/build_scope.py`). Cost is the time that the database spends on
all statements of dbt, as for the plain join, by the clock: a process that searches beside another is not added, whether
for a day or for the whole. dbt's own time is shown beside it. Of seven such days the median counts,
because whoever else is at work on the machine shows in a day of a third of a second; each is shown, and the worst.
Ends with 1 when the overlay is less than 10 times faster, or a day costs more than a twentieth of the whole.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from connectors.settings import home, warehouse_dsn
from infra.databases import ensure_warehouse
from infra.throw_away import throw_away_cluster
from tests.benchmarks import overlay_world
from tests.integration.built_land import dbt

TIMES, SHARE = 10, 0.05
WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAY = """
update warehouse.land_parcel set geom = st_translate(geom, 0.00001, 0.00001), row_hash = sha256(row_hash)
where mod(abs(hashtext(parcel_key || %s)), 100) = 0
"""


def main() -> int:
    """Prints the seconds and their ratios; 0 when they are within the limits and nothing differs."""
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
        full = build(*overlay_world.TABLES, "--full-refresh")
        whole = full.database_s
        found = overlay_world.built(conn, share=arguments.share)
        pairs, areas = overlay_world.differences(found, plain)
        days = [_day(conn, name) for name in WEEK]
        print(f"{len(plain)} pairs by the plain join, {len(found)} built; {len(pairs)} differ, {len(areas)} in area")
        scaled = f", scaled up from {arguments.share:.1%} of the parcels" if arguments.share < 1 else ""
        print(f"plain join: {plain_seconds:.0f} s{scaled}")
        print(f"overlay: {full}, {plain_seconds / whole:.0f} times faster")
        for changed, cost in days:
            print(f"after {changed} changed parcels: {cost}, {cost.database_s / whole:.1%} of the whole")
        median, worst = (of(cost.database_s for _, cost in days) for of in (statistics.median, max))
        print(f"the median of {len(days)} days: {median / whole:.1%} of the whole; the worst: {worst / whole:.1%}")
    holds = not pairs and not areas and plain_seconds >= TIMES * whole and median <= SHARE * whole
    print(f"limits: {TIMES} times faster, {SHARE:.0%} of the whole, no difference: {'hold' if holds else 'BROKEN'}")
    return 0 if holds else 1


@dataclass(frozen=True)
class Cost:
    """Seconds that the database was at work for a run of dbt, and those of its models with dbt's own work."""

    database_s: float
    models_s: float

    def __str__(self) -> str:
        return f"{self.database_s:.2f} s ({self.models_s:.2f} s with dbt's own time)"


def build(*arguments: str) -> Cost:
    """Runs models of the overlay."""
    before = _database_s()
    dbt("run", "--select", *arguments)
    spent = _database_s() - before
    results = json.loads((home() / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    return Cost(spent, float(sum(result["execution_time"] for result in results)))


def _database_s() -> float:
    with psycopg.connect(warehouse_dsn("lt_builder")) as conn:
        row = conn.execute("select active_time from pg_stat_database where datname = current_database()").fetchone()
    assert row is not None
    return float(row[0]) / 1000


def _day(conn: psycopg.Connection, name: str) -> tuple[int, Cost]:
    """How many parcels changed on the day, and what it cost to overlay them."""
    changed = conn.execute(_DAY.encode(), (name,)).rowcount
    conn.execute("select pg_stat_force_next_flush()")  # ours is counted before
    conn.execute("select 1")
    return changed, build("parcel_constraint")


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
    sys.exit(main())
