"""How long it takes to verify a ledger of a million entries: `make bench-ledger`.

The entries are written by `audit.record`, as those of releases are, exported, and verified by the command in a process
of its own that may use one core. Then one entry in the middle is edited, which must be found. Ends with 1 when that is
not found or verifying takes more than 30 s.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from connectors.settings import warehouse_dsn
from connectors.warehouse.ledger import export_ledger
from infra.databases import ensure_warehouse
from infra.throw_away import throw_away_cluster

LIMIT_S = 30.0
_WRITE = """
select count(audit.record('verdict', jsonb_build_object(
    'release_id', n, 'dataset', 'land_parcel', 'rules', 32, 'is_open', true, 'at', to_jsonb(n * 60)
))) from generate_series(1, %s) as n
"""


def main() -> int:
    """Print the figures; 0 when the ledger is verified in time and the edit is found."""
    parser = argparse.ArgumentParser(prog="make bench-ledger", description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    entries = parser.parse_args().entries
    with throw_away_cluster() as cluster:
        os.environ["LIENTHONG_HOME"] = str(cluster.home)
        os.environ |= ensure_warehouse(cluster, "bench_ledger")
        print(f"written in {_timed(lambda: _write(entries)):.0f} s", flush=True)
        file = cluster.home / "ledger.jsonl"
        exported_s = _timed(lambda: export_ledger(file))
        print(f"exported in {exported_s:.1f} s, {file.stat().st_size / 1e6:.0f} MB", flush=True)
        seconds = _timed(lambda: _verify(file, expect=0))
        _edit(file)
        _verify(file, expect=None)
    print(f"{entries:,} entries verified in {seconds:.1f} s on one core; limit {LIMIT_S:.0f} s")
    return 0 if seconds <= LIMIT_S else 1


def _write(entries: int) -> None:
    with psycopg.connect(warehouse_dsn("lt_publisher")) as conn:
        conn.execute(_WRITE, (entries,))


def _verify(file: Path, *, expect: int | None) -> None:
    """Runs the command on one core; `expect` is its exit code, None for any but 0."""
    lienthong = str(Path(sys.executable).with_name("lienthong"))
    command = ["taskset", "-c", "0", lienthong, "ledger", "verify", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != expect and (expect is not None or done.returncode == 0):
        sys.exit(f"not as expected: {done.returncode}\n{done.stdout}{done.stderr}")
    print((done.stdout + done.stderr).strip())


def _edit(file: Path) -> None:
    """Changes one digit of the entry in the middle."""
    with file.open("r+b") as stream:
        stream.seek(file.stat().st_size // 2)
        stream.readline()
        start = stream.tell()
        line = stream.readline()
        stream.seek(start)
        stream.write(line.replace(b'"rules": 32', b'"rules": 31'))


def _timed(work: Callable[[], object]) -> float:
    start = time.monotonic()
    work()
    return time.monotonic() - start


if __name__ == "__main__":
    sys.exit(main())
