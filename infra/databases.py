"""Databases and login roles inside the private cluster.

Tables, grants and roles of the warehouse live in `connectors/warehouse/ddl`.
"""

import contextlib
import os
import re
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from infra.cluster import Cluster
from infra.settings_file import keep_secret, write_settings

WAREHOUSE = "lienthong"
WAREHOUSE_ROLES = ("lt_loader", "lt_builder", "lt_publisher", "procedure_reader", "auditor_reader")


def ensure_login(admin_dsn: str, role: str, password: str) -> None:
    """Make the role exist, able to log in with this password."""
    with psycopg.connect(admin_dsn, autocommit=True) as connection:
        # Roles belong to the whole cluster: another process or database may have made it.
        with contextlib.suppress(psycopg.errors.DuplicateObject):
            connection.execute(sql.SQL("create role {}").format(sql.Identifier(role)))
        connection.execute(
            sql.SQL("alter role {} login password {}").format(sql.Identifier(role), sql.Literal(password))
        )


def ensure_database(cluster: Cluster, name: str, *, owner: str, password: str) -> str:
    """The connection URL of the owner to a database that exists, keeps UTC, and has PostGIS."""
    ensure_login(cluster.admin_dsn, owner, password)
    create_database(cluster.admin_dsn, name, owner)
    with psycopg.connect(database_dsn(cluster.admin_dsn, name), autocommit=True) as connection:
        connection.execute("create extension if not exists postgis")
    return cluster.dsn(owner, password, name)


def ensure_warehouse(cluster: Cluster, database: str = WAREHOUSE) -> dict[str, str]:
    """The warehouse with its objects, roles and passwords; returns and writes the settings that point at it."""
    from connectors.warehouse.schema import apply_ddl

    home = cluster.home
    owner = ensure_database(cluster, database, owner=WAREHOUSE, password=role_password(WAREHOUSE, home))
    admin_dsn = database_dsn(cluster.admin_dsn, database)
    apply_ddl(admin_dsn)
    key = os.environ.get("LIENTHONG_HMAC_KEY") or keep_secret("LIENTHONG_HMAC_KEY", home)
    with psycopg.connect(admin_dsn) as connection:
        connection.execute("select raw.set_pseudonym_key(%s)", (key,))
    settings = {"LIENTHONG_DSN_OWNER": owner}
    for role in WAREHOUSE_ROLES:
        password = role_password(role, home)
        ensure_login(cluster.admin_dsn, role, password)
        settings[f"LIENTHONG_DSN_{role.upper()}"] = cluster.dsn(role, password, database)
    signing_key = os.environ.get("LIENTHONG_RECEIPT_KEY") or keep_secret("LIENTHONG_RECEIPT_KEY", home)
    write_settings({**settings, "LIENTHONG_HMAC_KEY": key, "LIENTHONG_RECEIPT_KEY": signing_key}, home)
    return settings


def role_password(role: str, home: Path | None = None) -> str:
    """The password of a login role of the cluster, generated the first time it is asked for."""
    return keep_secret(f"LIENTHONG_PASSWORD_{role.upper()}", home)


def database_dsn(dsn: str, database: str) -> str:
    """The same connection URL, to another database."""
    return urlsplit(dsn)._replace(path=f"/{database}").geturl()


def create_database(admin_dsn: str, name: str, owner: str) -> None:
    """Make the database if it is not there, and let it keep UTC."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise ValueError(f"not a plain database name: {name!r}")
    with psycopg.connect(admin_dsn, autocommit=True) as connection:
        with contextlib.suppress(psycopg.errors.DuplicateDatabase):
            connection.execute(
                sql.SQL("create database {} owner {} template template0").format(
                    sql.Identifier(name), sql.Identifier(owner)
                )
            )
        connection.execute(sql.SQL("alter database {} set timezone to 'UTC'").format(sql.Identifier(name)))
