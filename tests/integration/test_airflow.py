"""Airflow's real scheduler on a project with three small sources: one sound, one broken, one that is down."""

import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
import yaml

from connectors.settings import project_root
from infra import process_table
from infra.airflow import SERVICES, start_airflow
from infra.airflow_api import AirflowApi
from infra.cluster import Cluster
from infra.processes import is_running, stop_all

SOUND, BROKEN, DOWN = "administrative_units", "broken_units", "absent_register"
LONGEST_S = 180

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with three contracts; code and DAGs are those of this checkout."""
    folder = tmp_path / "connectors" / "sources"
    folder.mkdir(parents=True)
    real = project_root()
    (tmp_path / "dags").symlink_to(real / "dags")
    data = tmp_path / "data"
    data.mkdir()
    units = real / "infra" / "data" / "administrative_units" / "units_2025.csv"
    shutil.copy(units, data)
    (data / "broken.csv").write_text("level,code\nprovince,01\n", encoding="utf-8")
    contract = yaml.safe_load((real / "connectors" / "sources" / f"{SOUND}.yml").read_text("utf-8"))
    contract["tables"] = {"unit_2025": contract["tables"]["unit_2025"]}
    broken = {**contract, "system": BROKEN}
    broken["tables"] = {"unit_2025": {**contract["tables"]["unit_2025"], "source": "broken.csv"}}
    down = {**contract, "system": DOWN, "access": {"kind": "http_json", "connection": DOWN}}
    down["tables"] = {"unit_2025": {**contract["tables"]["unit_2025"], "source": "/units"}}
    for each in (contract, broken, down):
        (folder / f"{each['system']}.yml").write_text(yaml.safe_dump(each, allow_unicode=True), encoding="utf-8")
    monkeypatch.setenv("LIENTHONG_CONN_ADMINISTRATIVE_UNITS", data.as_uri())
    monkeypatch.setenv("LIENTHONG_CONN_ABSENT_REGISTER", "http://127.0.0.1:9")
    monkeypatch.setenv("LIENTHONG_PROJECT", str(tmp_path))
    return tmp_path


@pytest.fixture
def api(warehouse: Any, cluster: Cluster, project: Path) -> Iterator[AirflowApi]:
    """A running Airflow with an empty metadata database, its release paused: there are no models here to build."""
    with psycopg.connect(cluster.admin_dsn, autocommit=True) as connection:
        connection.execute("drop database if exists airflow with (force)")
    with start_airflow(replace(cluster, home=warehouse.home)) as client:
        yield client
    stop_all(warehouse.home, grace=5)


def _listening(home: Path) -> set[str]:
    """The addresses on which any process of the home's services listens."""
    pids = process_table.marked(f"{home}:")
    ports = [c for pid in pids for c in psutil.Process(pid).net_connections("inet") if c.status == psutil.CONN_LISTEN]
    return {connection.laddr.ip for connection in ports}


def _extract_tasks(api: AirflowApi, since: str) -> dict[str, dict[str, Any]]:
    """The extract task of each system, once none of them is about to start or at work."""
    dag_ids = [f"extract_{system}" for system in (SOUND, BROKEN, DOWN)]
    deadline = time.monotonic() + LONGEST_S
    while True:
        found = [task for task in api.tasks(dag_ids, since=since) if task["task_id"] == "extract"]
        tasks = {task["dag_id"].removeprefix("extract_"): task for task in found}
        if len(tasks) == len(dag_ids) and {t["state"] for t in tasks.values()} <= {"success", "failed", "up_for_retry"}:
            return tasks
        assert time.monotonic() < deadline, {name: task["state"] for name, task in tasks.items()}
        time.sleep(0.5)


def test_scheduler_runs_extracts_and_retries_by_error_class(api: AirflowApi, warehouse: Any) -> None:
    api.pause("release")
    assert all(is_running(name) for name in SERVICES)
    assert _listening(warehouse.home) == {"127.0.0.1"}
    assert {name: slots for name, slots in api.pools().items() if name != "default_pool"} == {
        f"source_{system}": 2 for system in (SOUND, BROKEN, DOWN)
    }

    since = "2026-01-01T00:00:00+00:00"
    for system in (SOUND, BROKEN, DOWN):
        assert api.runs([f"extract_{system}"], since=since) == [], "a new installation must not make up for the past"
        api.trigger(f"extract_{system}", note="test")
    tasks = _extract_tasks(api, since)

    assert {system: task["state"] for system, task in tasks.items()} == {
        SOUND: "success",
        BROKEN: "failed",
        DOWN: "up_for_retry",
    }
    assert tasks[BROKEN]["try_number"] == 1, "trying again cannot help"
    assert tasks[SOUND]["rendered_map_index"] == "all"
    with warehouse.connect() as connection:
        assert connection.execute("select count(*) from raw.administrative_units__unit_2025").fetchone() == (3355,)

    stop_all(warehouse.home, grace=5)
    assert process_table.marked(f"{warehouse.home}:") == {}
