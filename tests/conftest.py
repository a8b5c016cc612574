"""Fixtures for all tests: a throw-away PostGIS cluster, fresh warehouses from a template, an environment of their own.

No test sees the settings, the home or the databases of `make run`.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from infra.cluster import Cluster, remove_cluster, start_cluster
from infra.databases import database_dsn, ensure_database, ensure_warehouse
from infra.processes import stop_all
from infra.throw_away import throw_away_folder

TEMPLATE = "template_warehouse"
HMAC_KEY = "a key of thirty-two bytes or more, for tests only"
IS_CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}


@dataclass(frozen=True)
class Warehouse:
    """A fresh warehouse database; the settings in the environment point at it."""

    name: str
    home: Path
    dsns: dict[str, str]

    def dsn(self, role: str = "owner") -> str:
        """The connection URL of a role, for example `owner`, `lt_loader`, `procedure_reader`, `admin`."""
        return self.dsns[role]

    def connect(self, role: str = "owner", *, autocommit: bool = True) -> psycopg.Connection:
        """A new connection as the role; close it, or use it in a `with`."""
        return psycopg.connect(self.dsn(role), autocommit=autocommit)


@pytest.fixture(scope="session")
def homes() -> Iterator[Path]:
    """The folder of all homes of this test process; what runs in them ends with it, even if it is killed."""
    with throw_away_folder() as folder:
        yield folder


@pytest.fixture(autouse=True, scope="session")
def _own_environment(homes: Path) -> Iterator[None]:
    """Nothing of the developer's runtime reaches a test, and usage data of libraries is off."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("LIENTHONG_", "AIRFLOW", "DBT_"))]:
            patch.delenv(name)
        patch.setenv("LIENTHONG_HOME", str(homes / "default"))
        patch.setenv("LIENTHONG_HMAC_KEY", HMAC_KEY)
        patch.setenv("DO_NOT_TRACK", "1")
        patch.setenv("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
        patch.setenv("GX_ANALYTICS_ENABLED", "false")
        yield


@pytest.fixture
def lienthong_home(homes: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty home of this test's own, set as LIENTHONG_HOME; services started in it end with the test."""
    home = homes / uuid4().hex[:12]
    home.mkdir(mode=0o711)
    monkeypatch.setenv("LIENTHONG_HOME", str(home))
    yield home
    if (home / "services").exists():
        stop_all(home, grace=5)
    remove_cluster(home)
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def cluster(homes: Path) -> Iterator[Cluster]:
    """A PostgreSQL cluster of this test process alone; waits for no disk."""
    yield start_cluster(homes / "cluster", throw_away=True)
    remove_cluster(homes / "cluster")


@pytest.fixture(scope="session")
def template_warehouse(cluster: Cluster, _own_environment: None) -> dict[str, str]:
    """The settings of a warehouse that nobody changes: `warehouse` copies it."""
    settings = ensure_warehouse(cluster, TEMPLATE)
    return {name.removeprefix("LIENTHONG_DSN_").lower(): dsn for name, dsn in settings.items()}


@pytest.fixture
def warehouse(
    cluster: Cluster, template_warehouse: dict[str, str], lienthong_home: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Warehouse]:
    """A fresh warehouse with all objects and no rows; LIENTHONG_DSN_* point at it and LIENTHONG_HOME is empty."""
    name = f"warehouse_{uuid4().hex[:12]}"
    _copy_database(cluster.admin_dsn, TEMPLATE, name)
    dsns = {role: database_dsn(dsn, name) for role, dsn in template_warehouse.items()}
    dsns["admin"] = database_dsn(cluster.admin_dsn, name)
    for role, dsn in dsns.items():
        monkeypatch.setenv(f"LIENTHONG_DSN_{role.upper()}", dsn)
    yield Warehouse(name, lienthong_home, dsns)
    _drop_database(cluster.admin_dsn, name)


@pytest.fixture
def scratch_database(cluster: Cluster) -> Iterator[Callable[[str], str]]:
    """A function that makes a fresh PostGIS database for a source system and returns its owner's connection URL."""
    made = []

    def make(subject: str) -> str:
        name = f"{subject}_{uuid4().hex[:8]}"
        made.append(name)
        return ensure_database(cluster, name, owner=f"{subject}_owner", password="scratch")

    yield make
    for name in made:
        _drop_database(cluster.admin_dsn, name)


def _copy_database(admin_dsn: str, template: str, name: str) -> None:
    new = sql.Identifier(name)
    with psycopg.connect(admin_dsn, autocommit=True) as connection:
        connection.execute(
            sql.SQL("create database {} template {} owner lienthong").format(new, sql.Identifier(template))
        )
        # Settings and privileges of the database itself are not copied with it.
        connection.execute(sql.SQL("alter database {} set timezone to 'UTC'").format(new))
        rights = connection.execute(
            """
            select acl.privilege_type, grantee.rolname
            from pg_catalog.pg_database
            cross join aclexplode(datacl) as acl
            left join pg_catalog.pg_roles as grantee on acl.grantee = grantee.oid
            where datname = %s
            """,
            (template,),
        ).fetchall()
        if rights:
            connection.execute(sql.SQL("revoke all on database {} from public").format(new))
        for privilege, role in rights:
            grantee = sql.SQL("public") if role is None else sql.Identifier(role)
            connection.execute(sql.SQL("grant {} on database {} to {}").format(sql.SQL(privilege), new, grantee))


def _drop_database(admin_dsn: str, name: str) -> None:
    with psycopg.connect(admin_dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of one file run in one worker; those that share the demonstration sources as well, whatever their file."""
    for item in items:
        is_demonstration = "sources" in getattr(item, "fixturenames", ())
        group = f"demonstration of {item.path.parent.name}" if is_demonstration else item.path.stem
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """In CI a skipped test fails: what was not run was not shown."""
    report = yield
    if IS_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    """A module that skips itself fails in CI as well."""
    report = yield
    if IS_CI and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"
    return report
