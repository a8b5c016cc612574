"""A build makes again what stands on changed sources, and everything when it cannot tell or the last one failed."""

import time
from collections.abc import Callable

import pytest

from connectors.errors import BuildFailed
from connectors.settings import home
from expectations import dbt_process
from expectations.build import Build, build_warehouse, start_dbt_early
from expectations.fingerprint import read_fingerprint
from tests.integration.well_project import MODEL, WellProject

SOURCES = """
version: 2
sources: [{name: well_register, schema: raw, tables: [{name: well, identifier: well_register__well}]}]
"""
SOURCED = MODEL.replace("raw.well_register__well", "{{ source('well_register', 'well') }}")
MODELS = 2  # well, and one that no source feeds


def wait_until(is_true: Callable[[], bool], *, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def build(*, everything: bool = False) -> Build:
    return build_warehouse(read_fingerprint(), everything=everything)


def test_only_what_changed_is_built_again(project: WellProject, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write("dbt_project/models/sources.yml", SOURCES)
    project.write("dbt_project/models/well.sql", SOURCED)
    project.load(w1=10)
    start_dbt_early()
    parsed = home() / "dbt" / "target" / "manifest.json"
    wait_until(parsed.exists, timeout=60)
    project.write("dbt_project/models/calendar.sql", "select 1 as day")
    with monkeypatch.context() as patch:  # the dbt that waits is used, whatever a library has put into the environment
        patch.setenv("A_LIBRARY_SETTING", "since then")
        patch.setattr(dbt_process, "_start", lambda _: pytest.fail("a second dbt was started"))
        assert build().models == MODELS, "definitions that changed after they were parsed count as well"
    assert build().models == 0
    project.load(w1=20)
    assert build().models == 1
    assert build(everything=True).models == MODELS

    project.write("dbt_project/models/calendar.sql", "select nothing as day")
    with pytest.raises(BuildFailed, match="calendar"):
        build()
    project.write("dbt_project/models/calendar.sql", "select 1 as day")
    assert build().models == MODELS, "after a failed build the warehouse counts as half-built"


def test_a_table_that_dbt_does_not_know_as_a_source_means_everything(
    project: WellProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write("dbt_project/models/calendar.sql", "select 1 as day")
    project.load(w1=10)
    with monkeypatch.context() as patch:  # a dbt that waits for another warehouse is not used for this one
        patch.setenv("LIENTHONG_DSN_LT_BUILDER", "postgresql://lt_builder@127.0.0.1:1/another")
        start_dbt_early()
    assert build().models == MODELS
    project.load(w1=20)
    assert build().models == MODELS
