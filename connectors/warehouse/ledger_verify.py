"""Verifies an exported ledger without any database. Why a chain is broken: `ledger_faults.py`."""

from collections.abc import Callable
from pathlib import Path

from connectors.warehouse.ledger_chain import GENESIS_HASH, Entry, follows, parse_line
from connectors.warehouse.ledger_faults import explain_break


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
                raise explain_break(Path(path), previous.seq)
            previous = entry
            if each is not None:
                each(entry.seq, entry.hash)
    return previous.seq
