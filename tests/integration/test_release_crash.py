"""kill -9 at any moment of a release: the next run publishes the same rows as an undisturbed one."""

import os
import signal
import subprocess
import sys
import textwrap
import time

import psycopg
import pytest

from connectors.errors import WarehouseBusy
from connectors.settings import warehouse_dsn
from connectors.warehouse import releases
from connectors.warehouse.ledger import export_ledger
from connectors.warehouse.ledger_verify import verify_ledger
from tests.conftest import Warehouse
from tests.integration.released_things import fill, good, make_relation, rows, run_release, served

_LEASES = """
select count(*) from pg_locks as l inner join pg_database as d on l.database = d.oid
where l.locktype = 'advisory' and d.datname = current_database()
"""
PRELUDE = """
    import time
    from connectors.warehouse import releases, stage
    from tests.integration.released_things import THING

    def reached():
        print("reached", flush=True)
        time.sleep(60)
"""
MOMENTS = {
    "mid-stage": """
        stage.record_counts = lambda *a: reached()
        releases.stage(releases.open_release({}), THING)
    """,
    "in a statement of the stage": """
        def slow(conn, *rest):
            print("reached", flush=True)
            conn.execute("select pg_sleep(60)")
        stage.record_counts = slow
        releases.stage(releases.open_release({}), THING)
    """,
    "after stage": """
        releases.stage(releases.open_release({}), THING)
        reached()
    """,
    "mid-publish, before the commit": """
        release = releases.open_release({})
        releases.stage(release, THING)
        record = releases.ledger.record
        releases.ledger.record = lambda *a: (record(*a), reached())
        releases.publish(release)
    """,
    "before anything was staged": """
        releases.open_release({})
        reached()
    """,
}


def killed(script: str) -> None:
    process = started(script)
    end(process)


def end(process: subprocess.Popen[str]) -> None:
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    # A busy server takes a moment to see that a client is gone; until then the lease is that client's.
    with psycopg.connect(warehouse_dsn("admin"), autocommit=True) as conn:
        deadline = time.monotonic() + 30
        while conn.execute(_LEASES).fetchone() != (0,):
            assert time.monotonic() < deadline, "the server keeps the lease of a client that is gone"
            time.sleep(0.05)


def started(script: str) -> subprocess.Popen[str]:
    source = textwrap.dedent(PRELUDE) + textwrap.dedent(script)
    process = subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "reached\n"
    return process


@pytest.mark.parametrize("moment", MOMENTS)
def test_rerun_after_kill_publishes_the_same_rows(warehouse: Warehouse, moment: str, tmp_path) -> None:
    with warehouse.connect("lt_builder") as builder, warehouse.connect("lt_publisher") as publisher:
        make_relation(builder)
        fill(builder, [("a", "1"), ("b", "1"), ("c", "1")])
        first = run_release()
        fill(builder, [("a", "2"), ("c", "1"), ("d", "1")])
        killed(MOMENTS[moment])
        assert served(publisher) == good(a="1", b="1", c="1")
        assert run_release() == first + 2
        assert served(publisher) == good(a="2", c="1", d="1")
        assert served(publisher, f"shared.thing_at({first})") == good(a="1", b="1", c="1")
        assert versions(publisher) == [
            ("a", first, first + 2), ("a", first + 2, None), ("b", first, first + 2),
            ("c", first, None), ("d", first + 2, None),
        ]  # fmt: skip
        assert rows(publisher, "select status from release.release where release_id = %s", first + 1) == [
            ("abandoned",)
        ]
    path = tmp_path / "ledger.jsonl"
    assert export_ledger(path) == verify_ledger(path) > 0


def versions(conn: psycopg.Connection) -> list[tuple]:
    return rows(
        conn,
        "select thing_key, from_release, nullif(to_release, 9223372036854775807) from release.thing order by 1, 2",
    )


def test_a_second_run_waits_for_a_living_one(warehouse: Warehouse) -> None:
    with warehouse.connect("lt_builder") as builder:
        make_relation(builder)
        fill(builder, [("a", "1")])
        first = run_release()
        run_release()
        process = started(MOMENTS["after stage"])
        try:
            for step in (lambda: releases.open_release({}), lambda: releases.rollback(first, reason="now")):
                with pytest.raises(WarehouseBusy):
                    step()
        finally:
            end(process)
        releases.rollback(first, reason="now")
        assert releases.current_release() == first
