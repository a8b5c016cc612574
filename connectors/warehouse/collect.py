"""Collecting: versions that no kept release needs any more are deleted, in steps that never hold anybody up."""

import time

import psycopg
from psycopg import sql

from connectors.warehouse import ledger
from connectors.warehouse.lease import open_transaction
from connectors.warehouse.partitions import leaves

_STEP_ROWS = 5_000
_FLOOR = """
select k.oldest_release, greatest(k.oldest_release, least(p.release_id, (
    select min(n.release_id) from (
        select release_id from release.release
        where published_at is not null order by release_id desc limit %s
    ) as n
)))
from release.pointer as p, release.kept as k for share of p for update of k
"""
_STEP = """
delete from {table} where ctid = any(array(
    select ctid from {table} where to_release <= {oldest} limit {rows}
))
"""


def collect(keep: int, *, seconds: float = 60.0) -> int:
    """Delete versions that only releases before the newest `keep` published ones need; return how many went.

    The release that readers see is always kept, and all after it. Short steps with short lock timeouts: a step that
    has to wait ends the work, the next call goes on. From the start, older releases are refused, not half answered.
    """
    if keep < 1:
        raise ValueError("keep must be at least 1")
    deadline = time.monotonic() + seconds
    oldest = _raise_floor(keep)
    with open_transaction("list of datasets") as conn:
        names = conn.execute("select dataset from release.dataset order by dataset").fetchall()
    return sum(_collect_dataset(name, oldest, deadline) for (name,) in names)


def _raise_floor(keep: int) -> int:
    with open_transaction("raising of the retention") as conn:
        before, after = conn.execute(_FLOOR, (keep,)).fetchone() or (1, 1)
        if after > before:
            conn.execute("update release.kept set oldest_release = %s", (after,))
            ledger.record(conn, "release.collected", {"oldest_release": after, "before": before})
    return int(after)


def _collect_dataset(name: str, oldest: int, deadline: float) -> int:
    with open_transaction(f"tables of {name}") as conn:
        tables = leaves(conn, name)
    return sum(_collect_table(table, name, oldest, deadline) for table in tables)


def _collect_table(table: sql.Identifier, name: str, oldest: int, deadline: float) -> int:
    # One partition at a time: the place of a row (ctid) says nothing without the table that it is in.
    step = sql.SQL(_STEP).format(table=table, oldest=sql.Literal(oldest), rows=sql.Literal(_STEP_ROWS))
    gone = 0
    while time.monotonic() < deadline:
        with open_transaction(f"collection of {name}") as conn:
            conn.execute("set local lock_timeout = '200ms'")
            conn.execute("set local statement_timeout = '5s'")
            try:
                deleted = conn.execute(step).rowcount
            except (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled):
                conn.rollback()
                break
        gone += deleted
        if deleted < _STEP_ROWS:
            break
    return gone
