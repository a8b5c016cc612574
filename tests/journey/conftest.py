"""The whole path on a home of its own: real sources, real warehouse, the command as people use it.

Tests of this folder share one demonstration and leave its sources as they found them.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest

from infra.databases import WAREHOUSE, database_dsn, ensure_warehouse
from infra.ports import choose_port
from infra.settings_file import read_settings
from infra.throw_away import throw_away_cluster

SCALE = "0.02"
# Reference rows of our own: they have no source, and so no age.
REFERENCE = {"procedure", "procedure_component", "procedure_requirement"}
LIENTHONG = Path(sys.executable).with_name("lienthong")


@dataclass(frozen=True)
class Demonstration:
    """Sources and warehouse of one home, and the command `lienthong` on them."""

    home: Path
    extra: dict[str, str]

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a process that works on this home, and on nothing else."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("LIENTHONG_")}
        return {**own, "LIENTHONG_HOME": str(self.home), **self.extra}

    def setting(self, name: str) -> str:
        return self.extra.get(name) or read_settings(self.home)[name]

    def lienthong(
        self, *arguments: str, expect: int | None = 0, timeout: float = 240
    ) -> subprocess.CompletedProcess[str]:
        """Run the command to its end; `expect` is the exit code it must have, None for any."""
        done = subprocess.run(
            [LIENTHONG, *arguments], env=self.environment, capture_output=True, text=True, timeout=timeout, check=False
        )
        assert expect is None or done.returncode == expect, (
            f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        )
        return done

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start the command in a process group of its own, so that it can be killed with all it started."""
        return subprocess.Popen(
            [LIENTHONG, *arguments],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def connect(self, setting: str = "LIENTHONG_DSN_OWNER") -> psycopg.Connection:
        return psycopg.connect(self.setting(setting), autocommit=True)

    def rows(self, query: str, *parameters: object, setting: str = "LIENTHONG_DSN_OWNER") -> list[tuple]:
        with self.connect(setting) as connection:
            return connection.execute(query, parameters or None).fetchall()

    def published(self) -> dict[str, str]:
        """For every published dataset a digest of its rows, without what only tells the age."""
        datasets = [name for (name,) in self.rows("select dataset from shared.dataset_status order by 1")]
        digest = (
            "select md5(coalesce(string_agg(line, E'\\n' order by line), '')) from "
            "(select (to_jsonb(rows) - 'source_as_of')::text as line from shared.{} as rows) as lines"
        )
        return {name: self.rows(digest.format(name))[0][0] for name in datasets}

    def release_id(self) -> int:
        return self.rows("select release_id from release.pointer")[0][0]

    def mutation(self) -> dict:
        return json.loads((self.home / "demo" / "mutation.json").read_text(encoding="utf-8"))


def run_module(demonstration: Demonstration, module: str, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", module, *arguments], env=demonstration.environment, check=True, timeout=300)


@pytest.fixture(scope="session")
def sources() -> Iterator[Demonstration]:
    """Demonstration sources with an empty warehouse."""
    with throw_away_cluster() as cluster:
        ensure_warehouse(cluster)
        admin = {"LIENTHONG_DSN_ADMIN_WAREHOUSE": database_dsn(cluster.admin_dsn, WAREHOUSE)}
        demonstration = Demonstration(cluster.home, admin)
        run_module(demonstration, "infra.demo.setup", "--scale", SCALE)
        try:
            yield demonstration
        finally:
            run_module(demonstration, "infra.stop")


@pytest.fixture(scope="session")
def demonstration(sources: Demonstration) -> Demonstration:
    """The same sources, with one release published."""
    sources.lienthong("run", timeout=400)
    return sources


@pytest.fixture(scope="module")
def client(demonstration: Demonstration) -> Iterator[httpx.Client]:
    """The HTTP face of the demonstration."""
    port = choose_port("http-face", demonstration.home)
    process = subprocess.Popen([sys.executable, "-m", "infra.http_face.app", str(port)], env={
        **demonstration.environment,
        "LIENTHONG_DSN_PROCEDURE_READER": demonstration.setting("LIENTHONG_DSN_PROCEDURE_READER"),
    })  # fmt: skip
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=20) as made:
            deadline = time.monotonic() + 30
            while time.monotonic() < deadline:
                try:
                    made.get("/healthz")
                except httpx.ConnectError:
                    time.sleep(0.1)
                else:
                    break
            yield made
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="module")
def reader(demonstration: Demonstration) -> Iterator[psycopg.Connection]:
    """What a procedure system sees in SQL."""
    with demonstration.connect("LIENTHONG_DSN_PROCEDURE_READER") as connection:
        yield connection
