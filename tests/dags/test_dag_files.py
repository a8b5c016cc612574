"""The DAG files: all of them are read, quickly and without warnings, and say what a person needs to know."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from connectors.contracts import load_contracts
from connectors.settings import project_root
from infra.airflow import expected_dags

HEAVY = ("psycopg", "dbt", "great_expectations", "sqlalchemy.dialects", "geopandas", "connectors.landing")


def test_every_file_is_read_without_error_or_warning(read: Any) -> None:
    assert read.import_errors == {}
    assert {name: found for name, found in read.captured_warnings.items() if found} == {}


def test_there_is_one_dag_per_contract_and_release_and_maintain(dags: dict[str, Any]) -> None:
    assert set(dags) == {f"extract_{system}" for system in load_contracts()} | {"release", "maintain"}
    assert set(dags) == expected_dags()


def test_files_import_nothing_heavy() -> None:
    # Airflow reads the file again in every task: what it imports at the top is paid each time.
    code = (
        "import sys, airflow.sdk; before = set(sys.modules)\n"
        "import dags.extract, dags.release, dags.maintain\n"
        "print(' '.join(sorted(set(sys.modules) - before)))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], cwd=project_root(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    imported = done.stdout.split()
    assert "dags.extract" in imported
    assert [name for name in imported if name.startswith(HEAVY)] == []


def test_every_dag_says_whose_it_is_and_what_to_do(dags: dict[str, Any]) -> None:
    for dag_id, dag in dags.items():
        assert dag.max_active_runs == 1, dag_id
        assert dag.catchup is False, dag_id
        assert dag.tags, dag_id
        assert dag.description, dag_id
        for task in dag.tasks:
            assert task.owner not in ("", "airflow"), f"{dag_id}.{task.task_id}"
            name = "reconcile_<system>" if task.task_id.startswith("reconcile_") else task.task_id
            assert f"`{name}`" in dag.doc_md, f"the runbook of {dag_id} does not say what to do with {task.task_id}"


def test_extract_is_what_the_contract_says(dags: dict[str, Any]) -> None:
    from airflow.serialization.serialized_objects import LazyDeserializedDAG

    for system, contract in load_contracts().items():
        dag = dags[f"extract_{system}"]
        assert dag.timetable.expression == contract.schedule
        assert str(getattr(dag.timetable.timezone, "name", dag.timetable.timezone)) == contract.timezone
        assert contract.owner["steward"] in dag.doc_md
        assert LazyDeserializedDAG.from_dag(dag).owner == contract.owner["steward"].replace(",", " –")
        for table in contract.tables:
            assert f"`{table.name}`" in dag.doc_md


def test_a_new_contract_is_a_new_dag(airflow_library: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dags import extract

    sources = tmp_path / "connectors" / "sources"
    sources.mkdir(parents=True)
    text = (project_root() / "connectors" / "sources" / "environment_permits.yml").read_text("utf-8")
    (sources / "water_register.yml").write_text(text.replace("system: environment_permits", "system: water_register"))
    shutil.copy(project_root() / "connectors" / "sources" / "land_registry.yml", sources)
    monkeypatch.setenv("LIENTHONG_PROJECT", str(tmp_path))
    made: dict[str, Any] = {}
    extract.add_to(made)
    assert sorted(made) == ["extract_land_registry", "extract_water_register"]
    assert made["extract_water_register"].get_task("extract").pool == "source_water_register"


def test_a_task_reads_only_its_own_contract(airflow_library: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from dags import extract

    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_DAG_ID", "extract_land_registry")
    assert [contract.system for contract in extract.wanted_contracts()] == ["land_registry"]
