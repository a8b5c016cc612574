"""The ledger in the database: append an entry, export the chain.

The chain itself is made by `audit.record` (ddl/080_ledger.sql). Verifying an exported file: `ledger_verify.py`.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from connectors.warehouse.connect import connect
from connectors.warehouse.ledger_chain import Entry, entry_line

_SELECT = """
select seq, audit.at_text(at), kind, payload::text, prev_hash, hash
from audit.ledger order by seq
"""


def record(conn: psycopg.Connection, kind: str, payload: Mapping[str, Any]) -> int:
    """Append an entry in the transaction of `conn` and return its number.

    Call it last before the commit: it takes the lock of the ledger, which all writers share. The transaction must be
    READ COMMITTED. Never put personal data into the payload.
    """
    row = conn.execute("select audit.record(%s, %s)", (kind, Jsonb(dict(payload)))).fetchone()
    assert row is not None
    return int(row[0])


def export_ledger(path: Path | str) -> int:
    """Write the whole ledger to `path`, one JSON object per line, and return the number of entries.

    The file is one snapshot, complete or not there: it is written beside and renamed. Each line holds the payload
    exactly as it was hashed, so the file must not be reformatted.
    """
    target = Path(path)
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    count = 0
    try:
        with connect("auditor_reader") as conn, conn.cursor("ledger_export") as cursor, partial.open("wb") as file:
            cursor.itersize = 10_000
            cursor.execute(_SELECT)
            for row in cursor:
                file.write(entry_line(Entry(*row)).encode())
                count += 1
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return count
