"""The OpenLineage events of tasks: what reads a source says so, however it ends, before its process is gone."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from connectors import landing
from connectors.contracts import load_contract
from connectors.errors import SourceUnavailable

DSN = "postgresql://lt_publisher:secret@127.0.0.1:5432/lienthong"
SYSTEM = "mineral_cadastre"


@dataclass(frozen=True)
class _Batch:
    table_name: str
    changed: int


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIENTHONG_HOME", str(tmp_path))
    monkeypatch.setenv("LIENTHONG_DSN_LT_PUBLISHER", DSN)
    monkeypatch.delenv("OPENLINEAGE_URL", raising=False)


def _told(home: Path) -> list[dict[str, Any]]:
    """The events that are on disk now: nobody waits for them here, as nobody does when the process of a task ends."""
    return [json.loads(line) for file in (home / "lineage").glob("*.jsonl") for line in file.read_text().splitlines()]


def test_reconciling_a_source_is_announced(dags: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    read: list[tuple[str, bool]] = []

    def extract(system: str, *, full: bool) -> list[_Batch]:
        read.append((system, full))
        return [_Batch("licence", 2), _Batch("zone", 0), _Batch("licence", 1)]

    monkeypatch.setattr(landing, "extract", extract)
    task = dags["maintain"].get_task(f"reconcile_{SYSTEM}")
    assert task.python_callable(SYSTEM) == {"licence": 3, "zone": 0}
    assert read == [(SYSTEM, True)]
    told = _told(tmp_path)
    whole = [e for e in told if "parent" not in e["run"]["facets"]]
    assert [(e["job"]["name"], e["eventType"]) for e in whole] == [
        (f"reconcile.{SYSTEM}", "START"), (f"reconcile.{SYSTEM}", "COMPLETE"),
    ]  # fmt: skip
    assert len({e["run"]["runId"] for e in whole}) == 1
    tables = load_contract(SYSTEM).tables
    assert {place["name"] for place in whole[-1]["inputs"]} == {table.source for table in tables}
    assert {place["name"] for place in whole[-1]["outputs"]} == {f"lienthong.raw.{SYSTEM}__{t.name}" for t in tables}
    parts = {e["job"]["name"] for e in told if "parent" in e["run"]["facets"]}
    assert parts == {f"reconcile.{SYSTEM}.{table.name}" for table in tables}
    assert "secret" not in json.dumps(told)


def test_one_that_fails_is_announced_as_failed(dags: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def extract(system: str, *, full: bool) -> list[_Batch]:
        raise SourceUnavailable(expected="an answer", found="none", where=system, next_step="Try again.")

    monkeypatch.setattr(landing, "extract", extract)
    with pytest.raises(SourceUnavailable):
        dags["maintain"].get_task(f"reconcile_{SYSTEM}").python_callable(SYSTEM)
    told = _told(tmp_path)
    assert [e["eventType"] for e in told] == ["START", "FAIL"]
    assert told[-1]["run"]["facets"]["errorMessage"]["message"] == "SourceUnavailable"
