"""A whole release through dbt, row check, stage, gate, publish and report, on a project of one table."""

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from connectors.errors import BuildFailed, ContractInvalid, GateClosed, ReleaseConflict
from connectors.settings import home
from expectations import release_steps
from expectations.build import build_warehouse
from expectations.commands import release as release_command
from expectations.commands import run as run_command
from expectations.fingerprint import read_fingerprint
from expectations.release_steps import run_release
from tests.conftest import Warehouse
from tests.integration.well_project import MODEL, WellProject


@pytest.fixture
def owner(warehouse: Warehouse) -> Iterator[psycopg.Connection]:
    with warehouse.connect("owner") as connection:
        yield connection


def shared(owner: psycopg.Connection) -> dict[str, tuple[float, bool]]:
    return {
        key: (float(depth), held)
        for key, depth, held in owner.execute("select well_key, depth_m, is_held from shared.well")
    }


def kinds(owner: psycopg.Connection) -> list[str]:
    return [kind for (kind,) in owner.execute("select kind from audit.ledger order by seq")]


def test_releases_from_first_to_closed_gate(
    project: WellProject, owner: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.load(w1=10, w2=20, w3=300)
    first = run_release()
    assert first.is_published
    assert shared(owner) == {"well_register:1": (10, False), "well_register:2": (20, False)}
    _assert_report(first.report, "W01", "well_register:3", "Bản phát hành 1 đã được công bố")

    # Nothing changed: dbt is not even started.
    with monkeypatch.context() as patch:
        patch.setattr(release_steps, "build_warehouse", lambda *_, **__: pytest.fail("dbt was started"))
        project.load()
        again = run_release()
    assert (again.release_id, again.is_published) == (first.release_id, False)
    assert kinds(owner)[-1] == "release.confirmed"

    # A batch that changes raw rows but nothing that readers see is not a release either.
    project.load(w1=10)
    assert not run_release().is_published
    (reason,) = owner.execute("select reason from release.release order by release_id desc limit 1").fetchone()
    assert "nothing to publish" in reason

    # A key that is held without ever having been served changes what readers see of held records.
    project.load(w4=400)
    held = run_release()
    assert held.is_published
    assert {row[0] for row in owner.execute("select record_key from shared.held_record")} == {
        "well_register:3",
        "well_register:4",
    }

    project.load(w1=None)
    with pytest.raises(GateClosed) as closed:
        run_release()
    assert "well W02" in closed.value.found
    assert shared(owner)["well_register:1"] == (10, False)
    assert kinds(owner)[-2:] == ["verdict", "release.abandoned"]
    newest = max(home().glob("reports/[0-9]*"), key=lambda folder: int(folder.name))
    _assert_report(newest / "index.html", "W02", "well_register:1", "không được công bố: 1 quy tắc chặn")

    outcome = CliRunner().invoke(release_command)
    assert outcome.exit_code == 2
    assert "GateClosed" in outcome.stderr
    assert "well  " in outcome.stdout


def test_a_failing_model_is_named_and_nothing_is_opened(project: WellProject, owner: psycopg.Connection) -> None:
    project.load(w1=10)
    project.write("dbt_project/models/well.sql", MODEL.replace("depth_m,", "depth_metres,"))
    with pytest.raises(BuildFailed) as failed:
        run_release()
    assert "model well" in failed.value.found
    assert 'column "depth_metres" does not exist' in failed.value.found
    assert owner.execute("select count(*) from release.release").fetchone() == (0,)


def test_a_value_in_an_error_of_the_build_is_not_quoted(project: WellProject) -> None:
    project.load(w1=10)
    project.write("dbt_project/models/well.sql", "select 'Nguyễn Văn A'::text::integer as depth_m")
    with pytest.raises(BuildFailed) as failed:
        build_warehouse(read_fingerprint())
    assert "invalid input syntax for type integer" in failed.value.found
    assert "Nguyễn" not in failed.value.found


def test_a_source_that_stops_does_not_stop_the_release(project: WellProject, owner: psycopg.Connection) -> None:
    project.load(w1=10)
    outcome = CliRunner().invoke(run_command)
    assert outcome.exit_code == 2
    assert "SettingMissing" in outcome.stderr
    assert "LIENTHONG_CONN_WELL_REGISTER" in outcome.stderr
    assert "Release 1 is published" in outcome.stdout
    assert shared(owner) == {"well_register:1": (10, False)}


def test_nothing_is_released_before_a_source_was_loaded(
    project: WellProject, owner: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release_steps, "build_warehouse", lambda *_, **__: pytest.fail("dbt was started"))
    with pytest.raises(ReleaseConflict, match="whose sources were loaded"):
        run_release()
    assert owner.execute("select count(*) from release.release").fetchone() == (0,)


def test_a_rulebook_without_its_relation_is_named(project: WellProject) -> None:
    project.load(w1=10)
    (project.root / "dbt_project/models/well.sql").rename(project.root / "dbt_project/models/pit.sql")
    with pytest.raises(ContractInvalid, match=r"well\.yml"):
        run_release()


def test_an_error_after_opening_abandons_the_release(
    project: WellProject, owner: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.load(w1=10)
    monkeypatch.setattr(release_steps, "stage", lambda release: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run_release()
    assert owner.execute("select status, reason from release.release").fetchall() == [
        ("abandoned", "ZeroDivisionError before publishing")
    ]
    listed = (home() / "reports" / "index.html").read_text(encoding="utf-8")
    assert "Dừng giữa chừng" in listed
    assert "dừng vì lỗi ZeroDivisionError trước khi công bố" in listed


def _assert_report(page: Path, *texts: str) -> None:
    text = page.read_text(encoding="utf-8")
    for wanted in texts:
        assert wanted in text
    assert (page.parent / "data_docs" / "index.html").exists()
    assert (page.parent.parent / "index.html").exists()
    for made in page.parent.rglob("*.html"):
        remote = re.findall(
            r"<(?:script|link|img|iframe)[^>]+(?:src|href)=[\"']https?://[^\"']+", made.read_text(encoding="utf-8")
        )
        assert remote == [], made
