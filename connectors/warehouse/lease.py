"""The lease on releases: one process at a time works on the open release, and a late one is refused.

The lease is a session-level advisory lock: it ends with the process, however that ends. The token of the release is
the fence: who lost the lease meanwhile finds the release closed, or its token changed, when it wants to write.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Literal

import psycopg
from psycopg import sql

from connectors.errors import ReleaseConflict, WarehouseBusy
from connectors.settings import warehouse_dsn
from connectors.warehouse.connect import connect, translated

_guard = threading.Lock()
_held: dict[tuple[int, str], psycopg.Connection] = {}


@dataclass(frozen=True)
class Release:
    """An open release: its id, and the token that proves whose it is. Plain values: it may travel between tasks."""

    release_id: int
    token: str


def hold_lease() -> None:
    """Make this process the holder of the lease until `drop_lease`; `WarehouseBusy` while another one has it."""
    with _guard:
        if _is_alive(_held.get(_holder())):
            return
        conn = connect("lt_publisher", autocommit=True)
        row = conn.execute("select pg_try_advisory_lock(hashtextextended('lienthong.release', 0))").fetchone()
        if row is None or not row[0]:
            conn.close()
            raise WarehouseBusy(
                expected="no other release or rollback at work",
                found="another process holds the lease",
                where="the release lock of the warehouse",
                next_step="Wait until it has ended; see `lienthong status`.",
            )
        _held[_holder()] = conn


def drop_lease() -> None:
    """Give the lease back; without effect when this process does not hold it."""
    with _guard:
        conn = _held.pop(_holder(), None)
        if conn is not None:
            # Said aloud: the server notices a closed connection a little later, and the next holder may ask at once.
            with suppress(psycopg.Error):
                conn.execute("select pg_advisory_unlock_all()")
            conn.close()


@contextmanager
def open_transaction(where: str) -> Iterator[psycopg.Connection]:
    """A transaction of the publisher that waits little for locks, and ends on the server when this process dies."""
    with translated(where), connect("lt_publisher") as conn:
        conn.execute("set local lock_timeout = '10s'")
        # A killed client must not leave a statement at work behind it, which the next release would wait for.
        conn.execute("set local client_connection_check_interval = '500ms'")
        yield conn


@contextmanager
def open_session(where: str) -> Iterator[psycopg.Connection]:
    """The same for several short transactions, one after the other: each begins with `conn.transaction()`."""
    with translated(where), connect("lt_publisher", autocommit=True) as conn:
        conn.execute("set lock_timeout = '10s'; set client_connection_check_interval = '500ms'")
        yield conn


@contextmanager
def fenced_transaction(
    release: Release, where: str, *, lock: Literal["share", "update"] = "share"
) -> Iterator[psycopg.Connection]:
    """A transaction that only goes on while the release is open and ours, and keeps it so until its end."""
    with open_transaction(where) as conn:
        # Asked twice: who comes too late hears that, and not that somebody else holds the lease.
        _refuse_closed(release, where, _status(conn, release, sql.SQL("")))
        hold_lease()
        _refuse_closed(release, where, _status(conn, release, sql.SQL("for {}").format(sql.SQL(lock))))
        yield conn


def status_of(release: Release) -> str:
    """The status of a release at this moment; `ReleaseConflict` when it is not ours."""
    with open_transaction("release.release") as conn:
        return _status(conn, release, sql.SQL(""))


def _status(conn: psycopg.Connection, release: Release, lock: sql.Composable) -> str:
    query = sql.SQL("select status, token::text from release.release where release_id = %s {}").format(lock)
    row = conn.execute(query, (release.release_id,)).fetchone()
    if row is None or row[1] != release.token:
        raise conflict(release, "it does not exist" if row is None else "its token is another one", "release.release")
    return str(row[0])


def _refuse_closed(release: Release, where: str, status: str) -> None:
    if status != "staged":
        raise conflict(release, f"it is {status}", where)


def conflict(release: Release, found: str, where: str) -> ReleaseConflict:
    """The error of a step that comes too late."""
    return ReleaseConflict(
        expected=f"release {release.release_id} to be open, and opened by this run",
        found=found,
        where=where,
        next_step="Another run took over, or it was closed. Nothing was written; start a new release.",
    )


def _holder() -> tuple[int, str]:
    # The process is part of it: a connection that came along by a fork belongs to the parent.
    return os.getpid(), warehouse_dsn("lt_publisher")


def _is_alive(conn: psycopg.Connection | None) -> bool:
    if conn is None or conn.closed:
        return False
    try:
        conn.execute("select 1")
    except psycopg.OperationalError:
        return False
    return True
