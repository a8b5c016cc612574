"""`lienthong preview`: built, checked, staged and judged as a release, told, and taken back; readers see none of it."""

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from click.testing import CliRunner, Result

from connectors.errors import DossiersUnreadable
from expectations import preview as preview_module
from expectations import release_steps
from expectations.commands_preview import preview
from expectations.release_steps import run_release
from tests.conftest import Warehouse
from tests.integration.well_project import WellProject

SEEN = (
    "select to_jsonb(p) from release.pointer as p",
    "select jsonb_agg(to_jsonb(w) order by w.well_key) from shared.well as w",
    "select jsonb_agg(to_jsonb(h) order by h.record_key) from shared.held_record as h",
    "select jsonb_agg(to_jsonb(s) order by s.dataset) from shared.dataset_status as s",
    "select jsonb_agg(to_jsonb(r) order by r.release_id) from shared.release as r",
)


@pytest.fixture
def owner(warehouse: Warehouse) -> Iterator[psycopg.Connection]:
    with warehouse.connect("owner") as connection:
        yield connection


def seen(owner: psycopg.Connection) -> list[object]:
    return [owner.execute(query).fetchone() for query in SEEN]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(preview, arguments, catch_exceptions=True)


def told(*arguments: str) -> dict:
    result = run("--json", *arguments)
    assert result.exit_code == 0, result.exception
    return json.loads(result.stdout)


def test_preview_tells_and_leaves_no_trace_for_readers(
    project: WellProject, owner: psycopg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.load(w1=10, w2=20, w3=30)
    run_release()
    before = seen(owner)
    dossiers, changes = tmp_path / "open.jsonl", tmp_path / "changes.jsonl"
    dossiers.write_text('{"dossier": "H-1", "procedure": "LT-09", "subject": {"parcel_key": "land_registry:1"}}\n')

    # A list that cannot be read stops it before anything is built.
    (tmp_path / "bad.jsonl").write_text("{\n")
    with monkeypatch.context() as patch:
        patch.setattr(release_steps, "build_warehouse", lambda *_, **__: pytest.fail("dbt was started"))
        assert isinstance(run("--dossiers", str(tmp_path / "bad.jsonl")).exception, DossiersUnreadable)
        assert told()["is_unchanged"]

    project.load(w1=11, w2=200, w4=40)
    found = told("--dossiers", str(dossiers), "--out", str(changes))
    (well,) = found["datasets"]
    assert found["would_publish"]
    assert (well["added"], well["changed"], well["closed"], well["newly_held"], well["released"]) == (1, 2, 0, 1, 0)
    assert well["columns"] == {"depth_m": 1, "is_held": 1}
    # There is no catalogue of procedures here, before and after.
    assert (found["answers"]["dossiers"], found["answers"]["answers_changed"]) == (1, 0)
    assert changes.read_text() == ""
    assert seen(owner) == before

    project.load(w3=None)
    result = run()
    assert result.exit_code == 0, result.exception
    assert "The gate would stay CLOSED, by 1 rules; readers keep release 1." in result.stdout
    for wanted in ("W02", "closes the gate", "depth_m 1", "Nothing was published"):
        assert wanted in result.stdout
    assert seen(owner) == before
    # An error on the way takes the release back as well.
    with monkeypatch.context() as patch:
        patch.setattr(release_steps, "build_warehouse", lambda *_, **__: SimpleNamespace(models=0, tests=0))
        patch.setattr(preview_module, "is_unchanged", lambda release_id: 1 / 0)
        assert isinstance(run().exception, ZeroDivisionError)
    open_ones = "select count(*) from release.release where status = 'staged'"
    assert owner.execute(open_ones).fetchone() == (0,)
    assert owner.execute("select distinct reason from release.release where status = 'abandoned'").fetchall() == [
        (preview_module.REASON,)
    ]

    # What was previewed is published as it was told.
    project.load(w3=30)
    assert run_release().is_published
    query = "select added, changed, closed from shared.dataset_status"
    assert owner.execute(query).fetchone() == (well["added"], well["changed"], well["closed"])
