"""The form of an exported ledger: its entries, their lines, and what makes one follow another. Needs no database."""

import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

GENESIS_HASH = "0" * 64
_LINE = re.compile(
    r'\{"seq": (\d{1,18}), "at": "([^"\\]+)", "kind": "([a-z][a-z0-9_.-]*)", "payload": (.+), '
    r'"prev_hash": "([0-9a-f]{64})", "hash": "([0-9a-f]{64})"\}\n'
)


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
