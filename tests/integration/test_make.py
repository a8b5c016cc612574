"""The targets of the Makefile that others rely on, as a shell sees them."""

import importlib.util
import os
import re
import subprocess
from pathlib import Path

import psycopg
import pytest

from connectors.settings import project_root
from infra.cluster import running_pid, start_cluster
from infra.settings_file import write_settings

TARGETS = ["run", "test", "stop", "clean", "lint", "format", "dsn", "psql", "help"]


def make(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("LIENTHONG_", "MAKE", "MFLAGS"))}
    return subprocess.run(
        ["make", *arguments],
        cwd=project_root(),
        env={**own, "LIENTHONG_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_lists_every_target(lienthong_home: Path) -> None:
    listed = re.findall(r"^  make ([a-z]+) +\S", make("help", home=lienthong_home).stdout, flags=re.MULTILINE)
    assert set(TARGETS) <= set(listed)


@pytest.mark.parametrize(("arguments", "role"), [([], "owner"), (["ROLE=procedure_reader"], "procedure_reader")])
def test_dsn_prints_the_string_and_nothing_else(lienthong_home: Path, arguments: list[str], role: str) -> None:
    dsns = {name: f"postgresql://{name}:secret@127.0.0.1:1/lienthong" for name in ("owner", "procedure_reader")}
    write_settings({f"LIENTHONG_DSN_{name.upper()}": dsn for name, dsn in dsns.items()}, lienthong_home)
    done = make("-s", "dsn", *arguments, home=lienthong_home)
    assert (done.stdout, done.stderr, done.returncode) == (dsns[role] + "\n", "", 0)


def test_dsn_before_the_first_run_says_what_to_do(lienthong_home: Path) -> None:
    done = make("-s", "dsn", home=lienthong_home)
    assert done.returncode != 0
    assert done.stdout == ""
    assert "make run" in done.stderr


@pytest.mark.parametrize("package", ["great_expectations", "dbt", "airflow"])
def test_packages_are_compiled_once_and_not_by_every_process(package: str) -> None:
    """Where Python may not write beside its modules, compiling them costs each process seconds."""
    spec = importlib.util.find_spec(package)
    assert spec is not None
    modules = sorted(Path(spec.submodule_search_locations[0]).glob("*/*.py"))[:20]
    assert len(modules) > 5
    assert [m for m in modules if not Path(importlib.util.cache_from_source(str(m))).is_file()] == []


def test_psql_reaches_the_warehouse(warehouse) -> None:
    write_settings({"LIENTHONG_DSN_PROCEDURE_READER": warehouse.dsn("procedure_reader")}, warehouse.home)
    done = subprocess.run(
        ["make", "-s", "psql", "ROLE=procedure_reader"],
        cwd=project_root(),
        env={**os.environ, "LIENTHONG_HOME": str(warehouse.home)},
        input="select current_user;",
        capture_output=True,
        text=True,
        check=False,
    )
    assert "procedure_reader" in done.stdout
    assert done.returncode == 0


def test_stop_ends_the_cluster_and_may_be_repeated(lienthong_home: Path) -> None:
    cluster = start_cluster(lienthong_home, throw_away=True)
    first, second = make("stop", home=lienthong_home), make("stop", home=lienthong_home)
    assert (first.returncode, second.returncode) == (0, 0)
    assert running_pid(cluster.data) is None
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(cluster.admin_dsn)
