"""A warehouse of the tests' own with the land registry and the administrative units in it, and dbt to build it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from connectors.settings import home, project_root, warehouse_dsn
from connectors.warehouse.raw_tables import ensure_all_raw_tables
from infra.cluster import Cluster
from infra.databases import ensure_login, ensure_warehouse

UNITS = project_root() / "infra" / "data" / "administrative_units"
LAND = (
    *("path:models/staging/land_registry", "path:models/staging/land_exports"),
    "path:models/staging/administrative_units",
    *("path:models/intermediate/land", "path:models/intermediate/administrative"),
    *("path:models/marts/land", "path:models/marts/administrative"),
    *("path:seeds/land", "path:seeds/administrative", "derivation_parameter", "coordinate_range"),
)


@contextmanager
def land_warehouse(cluster: Cluster, name: str, folder: Path) -> Iterator[None]:
    """Within it LIENTHONG_* point at a fresh warehouse `name`, with raw tables and without rows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIENTHONG_HOME", str(folder))
        for setting, dsn in ensure_warehouse(cluster, name).items():
            patch.setenv(setting, dsn)
        ensure_login(cluster.admin_dsn, "land_reader", "land")
        patch.setenv("LIENTHONG_CONN_ADMINISTRATIVE_UNITS", UNITS.as_uri())
        ensure_all_raw_tables()
        yield


def dbt(*arguments: str) -> None:
    """Runs dbt on the project, as a release does; a failure is the failure of the test, with dbt's own words."""
    ensure_all_raw_tables()  # with the indexes that loaded tables have
    url = urlsplit(warehouse_dsn("lt_builder"))
    environment = os.environ | {
        "LIENTHONG_DBT_HOST": str(url.hostname),
        "LIENTHONG_DBT_PORT": str(url.port),
        "LIENTHONG_DBT_USER": str(url.username),
        "LIENTHONG_DBT_PASSWORD": str(url.password),
        "LIENTHONG_DBT_DBNAME": url.path.lstrip("/"),
        "DBT_TARGET_PATH": str(home() / "target"),
        "DBT_LOG_PATH": str(home() / "logs"),
    }
    project = project_root() / "dbt_project"
    command = [str(Path(sys.executable).with_name("dbt")), "--quiet", *arguments]
    command += ["--project-dir", str(project), "--profiles-dir", str(project)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def ask(question: str, *values: Any) -> list[tuple[Any, ...]]:
    """The rows that the builder sees."""
    with psycopg.connect(warehouse_dsn("lt_builder")) as connection:
        return connection.execute(question, values or None).fetchall()


def content_of(relation: str, key: str) -> dict[Any, str]:
    """Every row of a relation by its key, as text of all columns."""
    return dict(ask(f"select {key}, t::text from {relation} as t"))
