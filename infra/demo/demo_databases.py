"""The databases of the two SQL-backed demonstration sources, their owners and their readers."""

from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from connectors.settings import home, setting
from connectors.warehouse.vn2000 import insert_zones
from infra.cluster import Cluster
from infra.databases import database_dsn, ensure_database, ensure_login, role_password
from infra.settings_file import write_settings

DATABASES = {"LAND": ("land_registry", "land_owner", "land_reader")}
DATABASES["MINERAL"] = ("mineral_cadastre", "mineral_owner", "mineral_reader")


def running_cluster() -> Cluster:
    """The cluster that LIENTHONG_DSN_ADMIN points at."""
    parts = urlsplit(setting("LIENTHONG_DSN_ADMIN"))
    return Cluster(home(), home(), parts.port or 5432, parts.password or "")


def ensure_databases() -> None:
    """Both databases with PostGIS, VN-2000 zones, owner and a reader that cannot write; sets LIENTHONG_DSN_DEMO_*."""
    cluster = running_cluster()
    admin = setting("LIENTHONG_DSN_ADMIN")
    for name, (database, owner, reader) in DATABASES.items():
        dsn = ensure_database(cluster, database, owner=owner, password=role_password(owner))
        ensure_login(admin, reader, role_password(reader))
        with psycopg.connect(database_dsn(admin, database)) as connection:
            insert_zones(connection)
        write_settings({f"LIENTHONG_DSN_DEMO_{name}": dsn})


def reader_dsn(name: str) -> str:
    """The connection URL of the reader of a demonstration database, LAND or MINERAL."""
    database, _, reader = DATABASES[name]
    return running_cluster().dsn(reader, role_password(reader), database)


def mark_filled(connection: psycopg.Connection, name: str, mark: str) -> None:
    """Write what the database was filled with into its comment, in the same transaction as the rows."""
    database = sql.Identifier(DATABASES[name][0])
    connection.execute(sql.SQL("comment on database {} is {}").format(database, sql.Literal(mark)))


def filled_with(name: str) -> str | None:
    """The comment written by `mark_filled`, or None for a database that is not there or not filled."""
    query = "select shobj_description(oid, 'pg_database') from pg_database where datname = %s"
    with psycopg.connect(setting("LIENTHONG_DSN_ADMIN")) as connection:
        row = connection.execute(query, [DATABASES[name][0]]).fetchone()
    return row[0] if row else None
