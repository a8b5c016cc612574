"""Airflow's own database in the private cluster: made once, brought to the present schema at every start."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psycopg

from connectors.errors import RuntimeNotReady
from infra.cluster import Cluster
from infra.databases import ensure_login, role_password

ROLE = DATABASE = "airflow"
LONGEST_MIGRATION_S = 300


def ensure_database(cluster: Cluster) -> str:
    """The connection URL of Airflow's database, made with a role of its own if it is not there."""
    password = role_password(ROLE, cluster.home)
    ensure_login(cluster.admin_dsn, ROLE, password)
    with psycopg.connect(cluster.admin_dsn, autocommit=True) as connection:
        try:
            connection.execute(f"create database {DATABASE} owner {ROLE}")
        except psycopg.errors.DuplicateDatabase:
            pass  # of an earlier run
        connection.execute(f"revoke connect, temporary on database {DATABASE} from public")
    return cluster.dsn(ROLE, password, DATABASE)


def migrate(environment: Mapping[str, str], log: Path) -> None:
    """Bring the database to the schema of the installed Airflow; nothing happens when it has it."""
    with log.open("ab") as output:
        done = subprocess.run(
            [sys.executable, "-m", "airflow", "db", "migrate"],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=LONGEST_MIGRATION_S,
            check=False,
        )
    if done.returncode != 0:
        raise RuntimeNotReady(
            expected="Airflow's database brought to its present schema",
            found=f"`airflow db migrate` ended with code {done.returncode}",
            where=str(log),
            next_step="Read the end of that log; `make clean` starts from nothing.",
        )
