"""Applies the schema of the warehouse: the numbered files in `ddl/`, in order, as often as one likes.

The tables of raw data are derived from the contracts (`raw_tables.py`), those of released data from the datasets
(`release_tables.py`); both only need that this has run once.
"""

import time
from pathlib import Path
from typing import LiteralString

import psycopg

from connectors.warehouse import vn2000

DDL_DIR = Path(__file__).parent / "ddl"
# These files need the rights of the administrator. What the others make belongs to lt_owner, and from 201 on, the
# procedure checks, to lt_checker, who can read what is released and nothing else.
_AS_ADMINISTRATOR = ("010_", "020_", "030_", "090_", "092_", "110_", "111_", "200_")
_ATTEMPTS = 5


def ddl_files() -> list[Path]:
    """The numbered SQL files, in the order in which they are applied."""
    return sorted(DDL_DIR.glob("[0-9][0-9][0-9]_*.sql"))


def apply_ddl(admin_dsn: str) -> None:
    """Bring a database to the present schema, in one transaction; safe to repeat and to run twice at once.

    `admin_dsn` is a superuser's connection string to the warehouse database itself. Roles are shared by the whole
    cluster, so two databases set up at the same moment can collide there: that is tried again.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            _apply(admin_dsn)
        except (psycopg.errors.InternalError_, psycopg.errors.UniqueViolation, psycopg.errors.DeadlockDetected):
            if attempt == _ATTEMPTS:
                raise
            time.sleep(0.2 * attempt)
        else:
            return


def _apply(admin_dsn: str) -> None:
    with psycopg.connect(admin_dsn, application_name="lienthong schema") as conn:
        conn.execute("select pg_advisory_xact_lock(hashtextextended('lienthong.schema', 0))")
        conn.execute("set local client_min_messages to warning")
        for path in ddl_files():
            conn.execute(_role_statement(path))
            conn.execute(path.read_text(encoding="utf-8"))
            if path.name.startswith("030_"):
                vn2000.insert_zones(conn)
                vn2000.assert_test_vector(conn)


def _role_statement(path: Path) -> LiteralString:
    if path.name.startswith(_AS_ADMINISTRATOR):
        return "reset role"
    return "set role lt_checker" if path.name >= "201" else "set role lt_owner"
