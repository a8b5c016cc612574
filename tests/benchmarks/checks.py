"""How fast procedures are answered, and how near a look-up in shared comes to a plain table: `make bench-checks`.

On a made-up province of a million parcels, warm, one prepared connection as `procedure_reader`, on the day of the build
and on the day after it, when validity is judged by dates. Ends with 1 when a procedure takes more than 2 ms at the
median or 10 ms at the 99th percentile, or a look-up more than 1.15 times the plain one.
"""

import argparse
import json
import os
import random
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from connectors.settings import warehouse_dsn
from infra.databases import ensure_warehouse
from infra.throw_away import throw_away_cluster
from tests.benchmarks.checks_world import make_world
from tests.benchmarks.questions import subject_for

P50_MS, P99_MS, LOOKUP = 2.0, 10.0, 1.15
WARM = 50
_CHECK = "select * from shared.check_procedure(%s, %s)"


def main() -> int:
    """Print the figures; 0 when all are within their limits."""
    arguments = _arguments()
    with _warehouse():
        start = time.monotonic()
        make_world(arguments.parcels)
        print(f"{arguments.parcels:,} parcels made and published in {time.monotonic() - start:.0f} s", flush=True)
        are_fast = measure_procedures(arguments.parcels, arguments.calls)
        with psycopg.connect(warehouse_dsn("admin"), autocommit=True) as conn:
            conn.execute("update release.release set published_at = published_at - interval '1 day'")
        print("the day after the build:")
        are_fast &= measure_procedures(arguments.parcels, arguments.calls)
        return 0 if measure_lookups(arguments.lookups) <= LOOKUP and are_fast else 1


def measure_procedures(parcels: int, calls: int) -> bool:
    """Print p50 and p99 of every procedure, milliseconds; whether all are within the limits."""
    rng = random.Random(7)
    are_fast = True
    with psycopg.connect(warehouse_dsn("procedure_reader"), autocommit=True) as conn:
        procedures = conn.execute("select procedure_code, catalogue_no from shared.procedure order by 2").fetchall()
        print(f"{'procedure':14}{'checks':>7}{'p50 ms':>9}{'p99 ms':>9}  answers")
        for code, catalogue_no in procedures:
            questions = [json.dumps(subject_for(catalogue_no, rng, parcels)) for _ in range(WARM + calls)]
            seconds, answers = _ask(conn, code, questions)
            p50, p99 = statistics.median(seconds) * 1000, sorted(seconds)[int(len(seconds) * 0.99)] * 1000
            are_fast = are_fast and p50 <= P50_MS and p99 <= P99_MS
            told = " ".join(f"{result} {n}" for result, n in sorted(answers.items()))
            print(
                f"{catalogue_no:6}{code:8}{sum(answers.values()) // calls:>7}{p50:9.2f}{p99:9.2f}  {told}", flush=True
            )
    return are_fast


def _ask(conn: psycopg.Connection, code: str, questions: list[str]) -> tuple[list[float], dict[str, int]]:
    seconds, answers = [], {}
    for n, question in enumerate(questions):
        start = time.perf_counter()
        rows = conn.execute(_CHECK, (code, question), prepare=True).fetchall()
        if n >= WARM:
            seconds.append(time.perf_counter() - start)
            for row in rows:
                answers[row[1]] = answers.get(row[1], 0) + 1
    return seconds, answers


def measure_lookups(times: int) -> float:
    """The median of a look-up by key in shared.land_parcel over that in a plain table of the same rows, alternating."""
    with psycopg.connect(warehouse_dsn("admin"), autocommit=True) as conn:
        conn.execute("create table shared.plain_parcel as select * from shared.land_parcel")
        conn.execute("create unique index on shared.plain_parcel (parcel_key)")
        conn.execute("vacuum analyze shared.plain_parcel")
        conn.execute("vacuum analyze release.land_parcel")
        conn.execute("grant select on shared.plain_parcel to procedure_reader")
        sample = "select parcel_key from shared.plain_parcel tablesample system (5) limit %s"
        keys = [key for (key,) in conn.execute(sample, (times,))]
    random.Random(3).shuffle(keys)
    tables = ("shared.plain_parcel", "shared.land_parcel")
    seconds: dict[str, list[float]] = {table: [] for table in tables}
    with psycopg.connect(warehouse_dsn("procedure_reader"), autocommit=True) as conn:
        for turn, key in enumerate(keys * 2):
            for table in tables if turn % 2 else tables[::-1]:
                start = time.perf_counter()
                conn.execute(f"select * from {table} where parcel_key = %s", (key,), prepare=True).fetchall()
                if turn >= WARM:
                    seconds[table].append(time.perf_counter() - start)
    plain, shared = (statistics.median(seconds[table]) * 1e6 for table in tables)
    print(f"look-up by key: plain {plain:.1f} µs, shared.land_parcel {shared:.1f} µs, {shared / plain:.3f} times")
    return shared / plain


@contextmanager
def _warehouse() -> Iterator[None]:
    with throw_away_cluster() as cluster:
        os.environ |= ensure_warehouse(cluster) | {"LIENTHONG_HOME": str(cluster.home)}
        os.environ["LIENTHONG_DSN_ADMIN"] = cluster.admin_dsn.rpartition("/")[0] + "/lienthong"
        yield


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-checks", description=__doc__)
    parser.add_argument("--parcels", type=int, default=1_000_000)
    parser.add_argument("--calls", type=int, default=2_000, help="per procedure")
    parser.add_argument("--lookups", type=int, default=10_000)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
