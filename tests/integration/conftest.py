"""Fixtures that more than one module of this folder uses."""

import pytest

from infra.demo.setup import ensure_sources
from infra.processes import stop_all
from tests.integration.demo_access import SCALE, SEED


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
