"""The DAGs that read persons and the release, run by Airflow on the demonstration, and all that Airflow keeps of it.

Not a test. Airflow runs each DAG in its own process (`dag.test`), with a metadata database of its own: what tasks hand
to each other (XCom), what they say (their log), events of assets and runs.
"""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from connectors.settings import project_root
from infra.airflow_config import environment, place_airflow, write_configuration
from infra.airflow_metadata import migrate
from infra.databases import database_dsn
from tests.journey.conftest import Demonstration

SYSTEMS = ("land_registry", "land_exports", "mineral_cadastre", "environment_permits")
DAGS = (*(f"extract_{system}" for system in SYSTEMS), "release")
DATABASE = "airflow_of_journey"
SCRIPT = """
import sys
from airflow.dag_processing.dagbag import DagBag
for dag_id in sys.argv[1:]:
    file = "release" if dag_id == "release" else "extract"
    run = DagBag(f"dags/{file}.py", bundle_name="dags-folder").dags[dag_id].test()
    print("RAN", dag_id, run.state)
"""
_ESCAPED = re.compile(r"\\\\*u([0-9a-f]{4})")
_TABLES = "select tablename from pg_catalog.pg_tables where schemaname = 'public' order by 1"


@dataclass(frozen=True)
class Kept:
    """What Airflow kept: the states of the runs, and a folder with one file per table and the log of all tasks."""

    states: dict[str, str]
    folder: Path


def run_dags(demonstration: Demonstration, folder: Path) -> Kept:
    """Runs the DAGs, and writes what Airflow has of them to the folder."""
    admin = demonstration.setting("LIENTHONG_DSN_ADMIN_WAREHOUSE")
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
    metadata = database_dsn(admin, DATABASE)
    place = place_airflow(folder / "home", port=9)
    write_configuration(place, metadata)
    variables = {**demonstration.environment, **environment(place), "LIENTHONG_HOME": str(demonstration.home)}
    migrate(variables, place.folder / "migrate.log")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT, *DAGS],
        env=variables,
        cwd=project_root(),
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    kept = folder / "kept"
    kept.mkdir()
    write_readable(kept / "tasks.log", done.stdout + done.stderr)
    for path in sorted(place.folder.rglob("*.log")):
        write_readable(kept / f"{path.parent.name}_{path.name}", path.read_text(encoding="utf-8", errors="replace"))
    _copy_tables(metadata, kept)
    states = dict(re.findall(r"^RAN (\S+) (\w+)", done.stdout, re.MULTILINE))
    assert set(states) == set(DAGS), done.stdout[-3000:] + done.stderr[-3000:]
    return Kept(states, kept)


def write_readable(path: Path, text: str) -> None:
    """Writes text as it is and, where JSON wrote letters by number, as it reads."""
    readable = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    path.write_text(text if readable == text else f"{text}\n{readable}", encoding="utf-8", errors="replace")


def _copy_tables(dsn: str, folder: Path) -> None:
    with psycopg.connect(dsn) as connection:
        for (table,) in connection.execute(_TABLES).fetchall():
            query = sql.SQL("select to_jsonb(t)::text from {} as t").format(sql.Identifier(table))
            write_readable(folder / f"{table}.rows", "\n".join(row for (row,) in connection.execute(query)))
