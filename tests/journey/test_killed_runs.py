"""A run killed at any moment, then a plain re-run: the same published rows as a run that nobody disturbed."""

import os
import signal
import time

import psycopg
import pytest

from infra.cluster import Cluster, start_cluster
from infra.databases import WAREHOUSE_ROLES, database_dsn, ensure_database, role_password
from tests.journey.conftest import Demonstration

# Where the run is held until it is killed: the database and the statement that takes the lock it will wait for.
HELD_AT = {
    "mid-extract": ("LIENTHONG_DSN_DEMO_LAND", "lock table dc.dc_giaychungnhan in access exclusive mode"),
    "mid-copy": ("LIENTHONG_DSN_ADMIN_WAREHOUSE", "lock table raw.land_registry__land_use in share mode"),
    "after-stage": ("LIENTHONG_DSN_ADMIN_WAREHOUSE", "lock table quality.verdict in access exclusive mode"),
    "between-gate-and-publish": ("LIENTHONG_DSN_ADMIN_WAREHOUSE", "select release_id from release.pointer for update"),
}
SOME_MODELS_BUILT = "select count(*) > 3 from pg_catalog.pg_tables where schemaname = 'intermediate'"
LINEAGE = (
    "select count(*), md5(string_agg((to_jsonb(l) - 'source_as_of')::text, '' order by old_parcel_key, new_parcel_key))"
    " from shared.land_parcel_lineage as l where kind <> 'MERGE'"
)
WAITED_FOR = "select exists (select 1 from pg_locks where not granted and {} = any(pg_blocking_pids(pid)))"


@pytest.fixture(scope="module")
def second_warehouse(demonstration: Demonstration) -> Demonstration:
    """An empty warehouse beside the first, fed by the same sources."""
    from connectors.warehouse.schema import apply_ddl

    cluster: Cluster = start_cluster(demonstration.home)
    owner = ensure_database(cluster, "killed", owner="lienthong", password=role_password("lienthong", cluster.home))
    admin = database_dsn(cluster.admin_dsn, "killed")
    apply_ddl(admin)
    with psycopg.connect(admin) as connection:
        connection.execute("select raw.set_pseudonym_key(%s)", (demonstration.setting("LIENTHONG_HMAC_KEY"),))
    dsns = {"LIENTHONG_DSN_OWNER": owner, "LIENTHONG_DSN_ADMIN_WAREHOUSE": admin}
    for role in WAREHOUSE_ROLES:
        name = f"LIENTHONG_DSN_{role.upper()}"
        dsns[name] = database_dsn(demonstration.setting(name), "killed")
    return Demonstration(demonstration.home, dsns)


def kill_when(reached: str, warehouse: Demonstration) -> None:
    """Start a run, and kill it with all it started as soon as the query says true."""
    run = warehouse.start("run")
    deadline = time.monotonic() + 150
    with warehouse.connect("LIENTHONG_DSN_ADMIN_WAREHOUSE") as monitor:
        while not monitor.execute(reached).fetchone()[0]:
            assert run.poll() is None, "the run ended before it reached the point"
            assert time.monotonic() < deadline, "the run never reached the point"
            time.sleep(0.02)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait(timeout=10)


def kill_at(point: str, warehouse: Demonstration) -> None:
    setting, statement = HELD_AT[point]
    with psycopg.connect(warehouse.setting(setting)) as lock:
        lock.execute(statement)
        kill_when(WAITED_FOR.format(lock.info.backend_pid), warehouse)
        lock.rollback()


@pytest.mark.timeout(600)
def test_killed_run_is_completed_by_a_plain_one(demonstration, second_warehouse, tmp_path):
    kill_at("mid-extract", second_warehouse)
    kill_at("mid-copy", second_warehouse)
    kill_when(SOME_MODELS_BUILT, second_warehouse)
    kill_at("after-stage", second_warehouse)
    kill_at("between-gate-and-publish", second_warehouse)
    assert not second_warehouse.rows("select 1 from shared.release where status = 'published'")
    second_warehouse.lienthong("run")
    found, wanted = second_warehouse.published(), demonstration.published()
    # Mergers of the days before this warehouse was begun are told by parcels that it never saw: it holds those rows.
    del found["land_parcel_lineage"], wanted["land_parcel_lineage"]
    assert found == wanted
    assert second_warehouse.rows(LINEAGE) == demonstration.rows(LINEAGE)
    ledger = str(tmp_path / "ledger.jsonl")
    second_warehouse.lienthong("ledger", "export", ledger)
    second_warehouse.lienthong("ledger", "verify", ledger)
