"""What proves a release: its place in the ledger, the balance of rows, waivers, and approved deletes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from connectors.errors import SettingMissing
from connectors.warehouse.connect import connect

# The report is made right after its release: looking further back would read the whole ledger.
_ENTRIES = """
select e.seq, e.kind, e.at, e.hash
from audit.ledger as e
where
    e.seq > (select max(seq) from audit.ledger) - 20000
    and (
        e.kind in ('verdict', 'waivers', 'release.opened', 'release.published', 'release.abandoned')
        and (e.payload ->> 'release_id')::bigint = %(release_id)s
        -- A rollback tells from which release to which, and moves all between them.
        or e.kind = 'release.rolled_back'
        and %(release_id)s > least((e.payload ->> 'from')::bigint, (e.payload ->> 'to')::bigint)
        and %(release_id)s <= greatest((e.payload ->> 'from')::bigint, (e.payload ->> 'to')::bigint)
    )
order by e.seq
"""
_APPROVED = """
select a.source, a.partition, a.deleted, a.live_rows, a.approved_by, a.reason, a.granted_at, a.batch_id
from quality.approved_delete as a where a.release_id = %s order by a.batch_id
"""
_HEAD = "select seq, kind, at, hash from audit.ledger order by seq desc limit 1"


@dataclass(frozen=True)
class LedgerEntry:
    """One entry of the ledger: its number, what it records, when, and its hash."""

    seq: int
    kind: str
    at: datetime
    hash: str


@dataclass(frozen=True)
class LedgerPosition:
    """The entries that record a release, and the last entry when the report was made."""

    entries: tuple[LedgerEntry, ...]
    head: LedgerEntry


@dataclass(frozen=True)
class ApprovedDelete:
    """Rows that are gone at the source, as a person confirmed: where, how many of how many, who, why, when."""

    source: str
    partition: str
    deleted: int
    live_rows: int
    approved_by: str
    reason: str
    granted_at: datetime
    batch_id: int


@dataclass(frozen=True)
class Table:
    """Rows as the warehouse gives them, for a table whose columns the report does not know beforehand."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def ledger_position(release_id: int) -> LedgerPosition | None:
    """Where the ledger records a release; None when it is empty, or may not be read here."""
    try:
        with connect("auditor_reader") as conn:
            head = conn.execute(_HEAD).fetchone()
            entries = conn.execute(_ENTRIES, {"release_id": release_id}).fetchall()
    except SettingMissing:
        return None
    return LedgerPosition(tuple(LedgerEntry(*e) for e in entries), LedgerEntry(*head)) if head else None


def waived_counts(conn: psycopg.Connection, release_id: int) -> dict[str, int]:
    """Per waiver how many failures it let through in a release."""
    query = "select waiver_id, count(*) from quality.waived where release_id = %s group by 1"
    return dict(conn.execute(query, (release_id,)).fetchall())


def approved_deletes(conn: psycopg.Connection, release_id: int) -> tuple[ApprovedDelete, ...]:
    """The approved mass deletes that this release is the first to contain, the newest last."""
    rows = conn.execute(_APPROVED, (release_id,)).fetchall()
    return tuple(ApprovedDelete(*row) for row in rows)


def conservation(conn: psycopg.Connection, release_id: int) -> Table | None:
    """The balance of rows per source table in this release; None where the warehouse keeps none."""
    row = conn.execute(
        "select array_agg(a.attname::text) from pg_catalog.pg_attribute as a"
        " where a.attrelid = to_regclass('quality.conservation') and a.attnum > 0 and not a.attisdropped"
    ).fetchone()
    names = (row[0] if row else None) or []
    if "release_id" not in names:
        return None
    with conn.cursor() as cursor:
        cursor.execute("select * from quality.conservation where release_id = %s order by 1, 2, 3", (release_id,))
        columns = [column.name for column in cursor.description or ()]
        shown = [i for i, name in enumerate(columns) if name != "release_id"]
        rows = tuple(tuple(values[i] for i in shown) for values in cursor)
    return Table(tuple(columns[i] for i in shown), rows) if rows else None
