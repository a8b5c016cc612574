"""How long the preview of 100,000 open dossiers takes, and whether it is right: `make bench-preview`.

On the made-up province a release is staged in which one parcel in a hundred changed in each of a dozen ways, and
records are held. The preview passes over what the release cannot touch; then the release is published and every dossier
is asked of both releases by the function that procedure systems call. Ends with 1 when an answer differs or the preview
takes longer than two minutes.
"""

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import psycopg

from connectors.settings import warehouse_dsn
from connectors.warehouse import releases
from connectors.warehouse.carry import carry_unstaged
from expectations.dossiers.answering import AnswerChanges, open_dossiers
from infra.databases import ensure_warehouse
from infra.throw_away import throw_away_cluster
from tests.benchmarks.brute_force import Changes, changed_answers, listed_changes
from tests.benchmarks.changed_release import before_the_change, stage_change
from tests.benchmarks.checks_world import make_world
from tests.benchmarks.dossiers import write_dossiers
from tests.benchmarks.sieve_holes import all_holes, asked_with_holes

LIMIT_SECONDS = 120.0
EVERY = 100


def main() -> int:
    """Print the figures; 0 when nothing differs and the preview is within its limit."""
    arguments = _arguments()
    with _warehouse() as folder:
        file = folder / "open.jsonl"
        with _timed("province made and published"):
            base = make_world(arguments.parcels)
            before_the_change(base, arguments.parcels, every=EVERY)
        with psycopg.connect(os.environ["LIENTHONG_DSN_ADMIN"]) as conn:
            write_dossiers(conn, file, count=arguments.dossiers, parcels=arguments.parcels, every=EVERY)
        return _measure(file, base, arguments)


def _measure(file: Path, base: int, arguments: argparse.Namespace) -> int:
    start = time.monotonic()
    with open_dossiers(file) as dossiers:
        read = time.monotonic() - start
        with _timed("next release staged"):
            release = stage_change(arguments.parcels, every=EVERY)
            with psycopg.connect(warehouse_dsn("lt_publisher")) as conn:
                carry_unstaged(conn, release.release_id)
        start = time.monotonic()
        found = dossiers.compare(base, release)
        dossiers.write_changes(file.with_suffix(".out"))
        compared = time.monotonic() - start
        cpu = [_cpu_seconds(conn.info.backend_pid) for conn in dossiers._sessions]
    print(f"preview: {read + compared:.1f} s (read and judged {read:.1f} s, compared {compared:.1f} s)", flush=True)
    print(f"processor time of its sessions at the server: {', '.join(f'{seconds:.0f} s' for seconds in cpu)}")
    print(f"{found.dossiers:,} dossiers, {found.dossiers - found.asked:,} passed over, {found.asked:,} asked")
    assert found.asked_at
    holes = all_holes() if arguments.holes else []
    asked = asked_with_holes(file, base, release.release_id, found.asked_at, holes) if holes else {}
    releases.publish(release)
    with _timed("brute force, every dossier of both releases"):
        at = found.asked_at.isoformat()
        truth = changed_answers(file, base=base, after=release.release_id, asked_at=at)
    differences = _report(found, listed_changes(file.with_suffix(".out")), truth)
    changed = {line for line, _ in truth}
    for hole, lines in asked.items():
        print(f"sieve without {hole:25} would pass over {len(changed - lines):,} dossiers whose answers change")
    return 1 if differences or read + compared > LIMIT_SECONDS else 0


def _report(found: AnswerChanges, listed: Changes, truth: Changes) -> int:
    differences = len(set(listed.items()) ^ set(truth.items()))
    print(
        f"{found.answers_changed:,} answers of {found.dossiers_changed:,} dossiers change; differences: {differences}"
    )
    directions = Counter((before, after) for before, after, _, _ in truth.values())
    for (before, after), number in directions.most_common():
        print(f"  {before:9} → {after + (' (another reason)' if before == after else ''):26} {number:>8,}")
    return differences


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def _timed(what: str):
    start = time.monotonic()
    yield
    print(f"{what}: {time.monotonic() - start:.1f} s", flush=True)


@contextmanager
def _warehouse():
    with throw_away_cluster() as cluster, tempfile.TemporaryDirectory() as folder:
        os.environ |= ensure_warehouse(cluster) | {"LIENTHONG_HOME": str(cluster.home)}
        os.environ["LIENTHONG_DSN_ADMIN"] = cluster.admin_dsn.rpartition("/")[0] + "/lienthong"
        yield Path(folder)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-preview", description=__doc__)
    parser.add_argument("--parcels", type=int, default=1_000_000)
    parser.add_argument("--dossiers", type=int, default=100_000)
    parser.add_argument("--holes", action="store_true", help="break the sieve step by step, too: what would it miss?")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
