"""The ledger: append an entry, export the chain, verify an exported file without any database.

The chain itself is made by `audit.record` (ddl/080_ledger.sql). What is wrong with a broken chain is found in
`ledger_faults.py`.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from psycopg.types.json import Jsonb

from connectors.warehouse.connect import connect

GENESIS_HASH = "0" * 64
_LINE = re.compile(
    r'\{"seq": (\d{1,18}), "at": "([^"\\]+)", "kind": "([a-z][a-z0-9_.-]*)", "payload": (.+), '
    r'"prev_hash": "([0-9a-f]{64})", "hash": "([0-9a-f]{64})"\}\n'
)
_SELECT = """
select seq, audit.at_text(at), kind, payload::text, prev_hash, hash
from audit.ledger order by seq
"""


class Entry(NamedTuple):
    """One entry of an exported ledger; `payload` is the canonical text, which is what was hashed."""

    seq: int
    at: str
    kind: str
    payload: str
    prev_hash: str
    hash: str

    @property
    def own_hash(self) -> str:
        """The hash that the content of this entry has."""
        text = f"{self.seq}\n{self.at}\n{self.kind}\n{self.payload}\n{self.prev_hash}"
        return sha256(text.encode()).hexdigest()


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


def verify_ledger(path: Path | str, each: Callable[[int, str], None] | None = None) -> int:
    """The number of entries of an exported ledger whose chain holds from the first to the last.

    `each` is called with number and hash of every sound entry. Raises `LedgerBroken` naming the first entry that was
    edited, removed, reordered or inserted. A chain cut off cleanly at its end, or made anew from the start, is still a
    chain: `checkpoints.verify_against` compares it with what was kept elsewhere.
    """
    previous = Entry(0, "", "", "", "", GENESIS_HASH)
    with Path(path).open(encoding="utf-8", errors="surrogateescape", newline="\n") as file:
        for line in file:
            entry = parse_line(line)
            if entry is None or not follows(previous, entry):
                from connectors.warehouse.ledger_faults import explain_break

                raise explain_break(Path(path), previous.seq)
            previous = entry
            if each is not None:
                each(entry.seq, entry.hash)
    return previous.seq


def entries(path: Path) -> Iterator[Entry | None]:
    """The entries of an exported ledger; None for a line that is none."""
    with path.open(encoding="utf-8", errors="surrogateescape", newline="\n") as file:
        yield from map(parse_line, file)


def parse_line(line: str) -> Entry | None:
    """The entry in a line of an export, or None if the line is not exactly of that form."""
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    seq, at, kind, payload, prev_hash, own_hash = match.groups()
    return Entry(int(seq), at, kind, payload, prev_hash, own_hash)


def entry_line(entry: Entry) -> str:
    """The line of an export that holds an entry."""
    return (
        f'{{"seq": {entry.seq}, "at": "{entry.at}", "kind": "{entry.kind}", "payload": {entry.payload}, '
        f'"prev_hash": "{entry.prev_hash}", "hash": "{entry.hash}"}}\n'
    )


def follows(previous: Entry, entry: Entry) -> bool:
    """Whether an entry is untouched and is the one that comes after `previous`."""
    return entry.seq == previous.seq + 1 and entry.prev_hash == previous.hash and is_intact(entry)


def is_intact(entry: Entry) -> bool:
    """Whether the stated hash is the hash of the content."""
    try:
        return entry.own_hash == entry.hash
    except UnicodeEncodeError:  # bytes that are not UTF-8 were smuggled in
        return False
