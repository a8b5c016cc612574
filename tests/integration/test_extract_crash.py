"""`kill -9` while rows are on their way: nothing half-written is left, and a plain re-run completes."""

import signal
import subprocess
import sys
import time

import pytest

from connectors.landing import extract
from connectors.settings import raw_dir
from tests.integration.extract_world import World, run, table

ROWS = 60_000
MAKE = (
    f"create table thing as select n as id, repeat('x', 400) || n as name from generate_series(1::bigint, {ROWS}) as n"
)
INTAKE = (
    "select count(*) from pg_stat_progress_copy where relid::regclass::text like '%_intake_%' and bytes_processed > 0"
)
PARTIAL = "*/*/*/.*.partial/rows.parquet"


@pytest.fixture
def world(tmp_path, warehouse, monkeypatch, scratch_database):
    source = scratch_database("things")
    run(source, MAKE)
    made = World(tmp_path, warehouse, monkeypatch)
    made.contract(source, kind="sql", tables={"thing": table()})
    return made


def is_writing_raw_file():
    return any(path.stat().st_size for path in raw_dir().glob(PARTIAL))


@pytest.mark.parametrize("moment", ["mid-extract", "mid-copy"])
def test_a_killed_run_leaves_nothing_and_a_plain_run_completes(world, moment):
    command = [sys.executable, "-c", "from connectors.landing import extract; extract('things')"]
    process = subprocess.Popen(command)
    until = time.monotonic() + 60
    with world.warehouse.connect("admin") as watch:
        while process.poll() is None and time.monotonic() < until:
            seen = is_writing_raw_file() if moment == "mid-extract" else watch.execute(INTAKE).fetchone()[0]
            if seen:
                break
    process.send_signal(signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL, "the run ended before it could be killed"
    assert world.rows("select count(*) from raw.things__thing") == [(0,)]
    assert world.rows("select count(*) from raw._batch") == [(0,)]
    (batch,) = _when_free()
    assert (batch.inserted, batch.live_rows) == (ROWS, ROWS)
    assert world.rows(r"select count(*) from pg_tables where tablename like '\_intake\_%'") == [(0,)]
    assert list(raw_dir().glob("*/*/*/.*")) == []
    assert world.rows("select rows_read from raw._batch") == [(ROWS,)]


def _when_free():
    """The server notices the killed client within moments; until then its lock is held."""
    from connectors.errors import WarehouseBusy

    for _ in range(50):
        try:
            return extract("things")
        except WarehouseBusy:
            time.sleep(0.2)
    raise AssertionError("the lock of the killed run was never freed")
