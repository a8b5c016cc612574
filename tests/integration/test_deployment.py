"""infra/deployment: a warehouse on a server that knows nothing of the project, from the settings of the example."""

import configparser
import json
import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from connectors.contracts import load_contracts
from connectors.settings import project_root
from infra.cluster import Cluster
from infra.prepare import KEY, ROLES, SETTINGS
from infra.processes import free_port
from infra.throw_away import throw_away_cluster

FOLDER = project_root() / "infra" / "deployment"
# Of the local runtime and its demonstration, of Airflow's tasks, and of debugging: not for a deployment to set.
_LOCAL = re.compile(
    "LIENTHONG_(AIRFLOW_.*|CLUSTER_PASSWORD|DBT_.*|DSN_DEMO_.*|PASSWORD_.*|DEBUG|GATE_URL|SERVICE|CONN_|DSN_|)$"
)


def example() -> dict[str, str]:
    """The settings of the example, also those that it leaves commented out."""
    lines = (FOLDER / "lienthong.env.example").read_text(encoding="utf-8").splitlines()
    return dict(m.groups() for line in lines if (m := re.fullmatch("#?([A-Z_]+)=(.*)", line)))


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    with throw_away_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def deployed(server: Cluster, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The example filled in, as an environment that holds nothing else of the project."""
    home = tmp_path_factory.mktemp("deployed")
    values = {name: value for name, value in example().items() if name in SETTINGS}
    values = {n: v.replace("db.example:5432", f"127.0.0.1:{server.port}") for n, v in values.items()}
    values = {n: v.replace("CHANGE-ME", secrets.token_urlsafe(32)) for n, v in values.items()}
    values["LIENTHONG_DSN_ADMIN"] = server.admin_dsn
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    places = {"LIENTHONG_PROJECT": str(project_root()), "LIENTHONG_HOME": str(home), "PYTHONPATH": str(project_root())}
    return kept | values | places


def prepare(environment: dict[str, str], *arguments: str) -> tuple[int, str]:
    command = [str(Path(sys.executable).with_name("lienthong")), "prepare", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout + done.stderr


def test_a_warehouse_is_made_and_made_again(deployed: dict[str, str]) -> None:
    for _ in range(2):
        code, said = prepare(deployed)
        assert (code, "every role logs in" in said) == (0, True), said
    for role, name in ROLES.items():
        with psycopg.connect(deployed[name]) as conn:
            assert conn.execute("select current_user").fetchone() == (role,)
    assert not Path(deployed["LIENTHONG_HOME"], "env").exists()


def test_another_pseudonym_key_is_refused_until_it_is_meant(deployed: dict[str, str]) -> None:
    assert prepare(deployed)[0] == 0
    other = deployed | {KEY: secrets.token_urlsafe(32)}
    code, said = prepare(other)
    assert code == 2 and "another one" in said and other[KEY] not in said
    assert prepare(other, "--new-pseudonym-key")[0] == 0
    assert prepare(deployed)[0] == 2
    assert prepare(deployed, "--new-pseudonym-key")[0] == 0


def test_wrong_settings_are_named(deployed: dict[str, str]) -> None:
    without = {name: value for name, value in deployed.items() if name not in (KEY, "LIENTHONG_DSN_LT_LOADER")}
    code, said = prepare(without)
    assert code == 2 and f"nothing for LIENTHONG_DSN_LT_LOADER, {KEY}" in said
    swapped = deployed | {"LIENTHONG_DSN_LT_LOADER": deployed["LIENTHONG_DSN_LT_BUILDER"]}
    code, said = prepare(swapped)
    assert code == 2 and "postgresql://lt_loader:PASSWORD@HOST:PORT/lienthong" in said
    code, said = prepare(deployed | {KEY: "short"})
    assert code == 2 and "at least 32 characters" in said
    away = deployed["LIENTHONG_DSN_AUDITOR_READER"].replace("@127.0.0.1:", "@127.0.0.2:")
    code, said = prepare(deployed | {"LIENTHONG_DSN_AUDITOR_READER": away})
    assert code == 2 and "expected  auditor_reader to log in" in said


def test_the_http_face_starts_as_its_unit_says(deployed: dict[str, str], server: Cluster) -> None:
    assert prepare(deployed)[0] == 0
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read(FOLDER / "lienthong-http.service", encoding="utf-8")
    command, port = unit["Service"]["ExecStart"].split(), free_port("deployed-http")
    assert command[0] == "/srv/lienthong/.venv/bin/python"
    needed = {n: deployed[n] for n in ("PATH", "PYTHONPATH", "LIENTHONG_PROJECT", "LIENTHONG_DSN_PROCEDURE_READER")}
    with subprocess.Popen([sys.executable, *command[1:-1], str(port)], env=needed) as process:
        try:
            deadline = time.monotonic() + 60
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=10) as client:
                while time.monotonic() < deadline and not _is_up(client):
                    time.sleep(0.1)
                assert client.get("/healthz").json() == {"status": "ok"}
                assert client.get("/collections").status_code == 200
        finally:
            process.terminate()


def test_every_setting_of_the_code_is_in_the_example_and_on_the_page() -> None:
    told, roles = set(example()), set(ROLES.values())
    files = [
        p for part in ("connectors", "expectations", "dags", "infra") for p in (project_root() / part).rglob("*.py")
    ]
    used = {name for file in files for name in re.findall("LIENTHONG_[A-Z_]*", file.read_text(encoding="utf-8"))}
    connections = {f"LIENTHONG_CONN_{c.access.connection.upper()}" for c in load_contracts().values()}
    assert {name for name in used if not _LOCAL.match(name)} - told == set()
    assert connections == {name for name in told if name.startswith("LIENTHONG_CONN_")}
    assert {name for name in told if name.startswith("LIENTHONG_")} - used - connections - roles == set()
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    missing = {n for n in told if n.startswith("LIENTHONG_") and n not in connections | roles and n not in page}
    assert missing == set()


def test_pools_are_those_of_the_contracts(deployed: dict[str, str]) -> None:
    command = [str(Path(sys.executable).with_name("lienthong")), "pools"]
    made = json.loads(subprocess.run(command, env=deployed, capture_output=True, check=True, timeout=60).stdout)
    assert set(made) == {f"source_{system}" for system in load_contracts()}
    assert all(pool["slots"] >= 1 for pool in made.values())


def _is_up(client: httpx.Client) -> bool:
    try:
        return client.get("/healthz").status_code == 200
    except httpx.HTTPError:
        return False
