"""How fast a staged release is judged, against SQL written by hand that counts the same violations: `make bench-gate`.

Judging is the row check of every dataset and the gate, by the steps of a release. The pass by hand (`hand_counted`) is
not made from the rulebooks. Both must count the same for every rule over rows, or the figures are void. The gate also
judges what the pass does not: whole datasets (freshness, typical values), guards, and each rule again on what was
staged. Without --scale on the home that runs: one more release is opened there, staged, judged and abandoned. Ends
with 1 when judging takes more than 3 times the pass plus 5 s, or the report of that release more than 20 s.
"""

import argparse
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import psycopg

from connectors.errors import RuntimeNotReady
from connectors.settings import warehouse_dsn
from connectors.warehouse import releases
from connectors.warehouse.releases import Release
from expectations import release_steps
from expectations.fingerprint import read_fingerprint
from expectations.readiness import ready_rulebooks
from infra.databases import ensure_warehouse
from infra.demo.setup import ensure_sources
from infra.throw_away import throw_away_cluster

TIMES, MORE_S, REPORT_S = 3, 5.0, 20.0
HAND = Path(__file__).with_name("hand_counted")
Counts = dict[str, int]
Answer = TypeVar("Answer")


def main() -> int:
    """Print the figures; 0 when judging is fast enough."""
    arguments = _arguments()
    _show_steps()
    with _home(arguments.scale):
        rows = _published_rows()
        print(f"{rows:,} rows of {len(ready_rulebooks())} datasets are published", flush=True)
        passes = [_timed(count_by_hand) for _ in range(2)]
        hand_s, by_hand = min(passes, key=lambda one: one[0])
        judged_s, counted, report_s = judge_a_release()
    print(f"by hand: {passes[0][0]:.2f} s, and again {passes[1][0]:.2f} s; the faster one counts")
    if differing := {rule for rule in by_hand | counted if by_hand.get(rule, 0) != counted.get(rule, 0)}:
        told = ", ".join(f"{r} {counted.get(r, 0)} (by hand {by_hand.get(r, 0)})" for r in sorted(differing))
        print(f"VOID: the counts differ: {told}")
        return 1
    limit = TIMES * hand_s + MORE_S
    print(f"{sum(counted.values()):,} violations of {len(counted)} of {len(by_hand)} rules, by both alike")
    print(f"judged in {judged_s:.2f} s: {judged_s / hand_s:.1f} times the pass, (s - {MORE_S:g}) / pass = "
          f"{(judged_s - MORE_S) / hand_s:.2f}")  # fmt: skip
    is_fast = judged_s <= limit
    print(f"limit {TIMES} x {hand_s:.2f} s + {MORE_S:g} s = {limit:.2f} s: {'holds' if is_fast else 'BROKEN'}")
    print(f"report in {report_s:.1f} s, limit {REPORT_S:g} s: {'holds' if report_s <= REPORT_S else 'BROKEN'}")
    return 0 if is_fast and report_s <= REPORT_S else 1


def count_by_hand() -> Counts:
    """Violations per rule as the statements in `hand_counted` count them, one after the other in one session."""
    counts: Counts = {}
    with psycopg.connect(warehouse_dsn("lt_publisher")) as conn:
        conn.execute("set local jit = off")
        for path in sorted(HAND.glob("*.sql")):
            for statement in path.read_text(encoding="utf-8").split(";\n"):
                if not statement.strip():
                    continue
                cursor = conn.execute(statement.encode())
                if cursor.description is not None:
                    row = cursor.fetchone() or ()
                    counts |= {c.name.upper(): int(n) for c, n in zip(cursor.description, row, strict=True)}
        conn.rollback()
    _assert_complete(counts)
    return counts


def judge_a_release() -> tuple[float, Counts, float]:
    """Seconds of row check and gate of one more release, then abandoned; violations per rule; seconds of its report."""
    release = releases.open_release(read_fingerprint())
    try:
        check_s, _ = _timed(lambda: release_steps.check(release))
        stage_s, _ = _timed(lambda: [releases.stage(release, book.dataset) for book in ready_rulebooks()])
        gate_s, _ = _timed(lambda: release_steps.gate(release))
        counts = _counted(release)
    finally:
        releases.abandon(release, reason="a measurement")
    print(f"row check {check_s:.2f} s, gate {gate_s:.2f} s with the start of its library (staged in {stage_s:.1f} s)")
    return check_s + gate_s, counts, _timed(lambda: release_steps.report(release))[0]


def _counted(release: Release) -> Counts:
    query = "select i, count(*) from quality.row_outcome, unnest(rule_ids) as i where release_id = %s group by i"
    with psycopg.connect(warehouse_dsn("lt_publisher")) as conn:
        return dict(conn.execute(query, (release.release_id,)).fetchall())


def _assert_complete(counts: Counts) -> None:
    books = ready_rulebooks()
    wanted = {rule.id for book in books for rule in (*book.row_rules, *(rule for rule, _ in book.references))}
    if wanted != counts.keys():
        raise RuntimeNotReady(
            expected="a count by hand for every rule over rows, and for no other",
            found=f"missing {sorted(wanted - counts.keys())}, unknown {sorted(counts.keys() - wanted)}",
            where=str(HAND),
            next_step="Write the rule into the statement of its dataset.",
        )


def _published_rows() -> int:
    with psycopg.connect(warehouse_dsn("lt_publisher")) as conn:
        row = conn.execute(
            "select sum(d.row_count)::bigint from release.dataset_release as d"
            " inner join release.pointer as p on d.release_id = p.release_id"
        ).fetchone()
    if row is None or row[0] is None:
        raise RuntimeNotReady(
            expected="a home with a published release",
            found="none",
            where=warehouse_dsn("lt_publisher").rpartition("@")[2],
            next_step="Run `make run`, or let a throw-away home be made: `make bench-gate BENCH_SCALE=0.1`.",
        )
    return int(row[0])


def _timed(work: Callable[[], Answer]) -> tuple[float, Answer]:
    start = time.monotonic()
    answer = work()
    return time.monotonic() - start, answer


@contextmanager
def _home(scale: float | None) -> Iterator[None]:
    """The home that runs; or, at a scale, a throw-away one with its first release published."""
    if scale is None:
        yield
        return
    with throw_away_cluster() as cluster:
        os.environ["LIENTHONG_HOME"] = str(cluster.home)
        ensure_warehouse(cluster)
        ensure_sources(scale, seed=20260330)
        _first_release()
        yield


def _first_release() -> None:
    from expectations.commands import run

    run.main([], standalone_mode=False)


def _show_steps() -> None:
    logging.basicConfig(format="%(message)s", stream=sys.stderr)
    logging.getLogger("lienthong").setLevel(logging.INFO)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-gate", description=__doc__)
    parser.add_argument("--scale", type=float, help="of a throw-away home; 5 is 1,000,000 parcels")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
