"""Fixtures that more than one module of this folder uses."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.warehouse.lease import drop_lease
from infra.demo.setup import ensure_sources
from infra.processes import stop_all
from tests.conftest import Warehouse
from tests.integration.demo_access import SCALE, SEED
from tests.integration.well_project import WellProject


@pytest.fixture(scope="module")
def sources(cluster, homes, request):
    """All sources in a home of their own; tests of this module leave them unbroken, but not unchanged."""
    home = homes / request.module.__name__.replace(".", "-")
    home.mkdir(mode=0o711, exist_ok=True)  # one per module: what another module changed is made again
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIENTHONG_HOME", str(home))
        patch.setenv("LIENTHONG_DSN_ADMIN", cluster.admin_dsn)
        ensure_sources(SCALE, SEED)
        yield home
        stop_all(home, grace=5)


@pytest.fixture
def project(warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WellProject]:
    monkeypatch.setenv("LIENTHONG_PROJECT", str(tmp_path / "project"))
    with warehouse.connect("lt_loader") as loader:
        yield WellProject(tmp_path / "project", loader)
        drop_lease()
