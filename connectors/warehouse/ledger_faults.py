"""Why a ledger chain is broken: which entry was edited, removed, reordered or inserted.

Only reached when `ledger_verify.verify_ledger` met a line that does not follow; then the whole file is looked at.
"""

from pathlib import Path

from connectors.errors import LedgerBroken
from connectors.warehouse.ledger_chain import GENESIS_HASH, Entry, entries, follows, is_intact


class _Export:
    """An exported ledger and the number of its lines that still form a chain from the first on."""

    def __init__(self, lines: list[Entry | None], sound: int) -> None:
        self.lines = lines
        self.sound = sound
        self.intact = [entry is not None and is_intact(entry) for entry in lines]
        self.last = self._at(sound - 1) or Entry(0, "", "", "", "", GENESIS_HASH)

    def _at(self, index: int) -> Entry | None:
        return self.lines[index] if 0 <= index < len(self.lines) else None

    @property
    def found(self) -> Entry | None:
        return self._at(self.sound)

    @property
    def next_found(self) -> Entry | None:
        return self._at(self.sound + 1)

    def successor_line(self) -> int | None:
        """The line, further down, of the true next entry."""
        for index in range(self.sound + 1, len(self.lines)):
            entry = self.lines[index]
            if entry is not None and entry.prev_hash == self.last.hash and follows(self.last, entry):
                return index + 1
        return None

    def belongs_elsewhere(self, stray: Entry) -> bool:
        """Whether the stray entry has a place of its own in this chain, which nothing else fills."""
        known = [e for e, intact in zip(self.lines, self.intact, strict=True) if e is not None and intact]
        rivals = [e for e in known if e.prev_hash == stray.prev_hash]
        has_parent = stray.prev_hash == GENESIS_HASH or any(
            e.hash == stray.prev_hash and e.seq == stray.seq - 1 for e in known
        )
        return has_parent and len(rivals) == 1

    def rival_of_last(self) -> bool:
        """Whether the found entry claims the place that the entry before it has taken."""
        before = self._at(self.sound - 2)
        parent_hash = before.hash if before else GENESIS_HASH
        return self.found is not None and self.found.seq == self.last.seq and self.found.prev_hash == parent_hash


def explain_break(path: Path, sound: int) -> LedgerBroken:
    """The error that names the first entry at fault, given how many lines from the start form a chain."""
    export = _Export(list(entries(path)), sound)
    fault = _fault(export)
    return LedgerBroken(
        expected=f"entry {sound + 1} to follow entry {sound}" if sound else "entry 1 to begin the chain",
        found=fault,
        where=f"{path}, line {sound + 1}",
        next_step="Entries before it are sound. Compare with an earlier export and find out who had access.",
    )


def _fault(export: _Export) -> str:
    entry, expected, successor = export.found, export.sound + 1, export.successor_line()
    if entry is None:
        is_last = expected == len(export.lines)
        return "a line cut short at the end of the file" if is_last else f"a broken line where entry {expected} belongs"
    if not export.intact[export.sound]:
        return f"entry {entry.seq} was inserted" if successor is not None else f"entry {expected} was edited"
    if successor is not None:
        if export.belongs_elsewhere(entry):
            return f"entry {entry.seq} was reordered: entry {expected} comes later, in line {successor}"
        return f"entry {entry.seq} was inserted"
    return _fault_without_successor(export, entry, expected)


def _fault_without_successor(export: _Export, entry: Entry, expected: int) -> str:
    is_continued = export.next_found is None or export.next_found.prev_hash == entry.hash
    if export.rival_of_last():
        return f"entry {export.last.seq} was inserted: line {export.sound} and the next line claim the same place"
    if entry.seq == expected:
        if is_continued and export.sound:
            return (
                f"entry {export.last.seq} was edited and its hash made anew: entry {expected} does not follow from it"
            )
        return f"entry {expected} was edited"
    if entry.seq < expected:
        return f"entry {entry.seq} was inserted a second time"
    if not is_continued and export.next_found is not None and export.next_found.seq == expected + 1:
        return f"entry {expected} was edited"
    missing = f"entry {expected}" if entry.seq == expected + 1 else f"entries {expected} to {entry.seq - 1}"
    return f"{missing} removed"
