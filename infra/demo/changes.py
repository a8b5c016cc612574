"""What a mutation did: keys added, edited and deleted per source table."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

KINDS = ("added", "edited", "deleted")


def _kinds() -> dict[str, set[str]]:
    return {kind: set() for kind in KINDS}


@dataclass
class Changes:
    """Keys as text by `system.table`; a key that was added and then edited counts as added."""

    tables: dict[str, dict[str, set[str]]] = field(default_factory=lambda: defaultdict(_kinds))
    late: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def note(self, table: str, kind: str, keys: Iterable[Any]) -> None:
        """Remember keys of one kind."""
        self.tables[table][kind].update(str(key) for key in keys)

    def note_late(self, table: str, keys: Iterable[Any]) -> None:
        """Remember edits that were committed behind the mark of an earlier load."""
        texts = {str(key) for key in keys}
        self.tables[table]["edited"] |= texts
        self.late[table] |= texts

    def summary(self) -> list[str]:
        """One line a table."""
        return [
            f"{table}: " + ", ".join(f"{len(kinds[kind])} {kind}" for kind in KINDS) + self._late_text(table)
            for table, kinds in sorted(self.tables.items())
        ]

    def as_json(self) -> dict[str, Any]:
        """Sorted lists, and for datasets with one row a source row the record keys that must change."""
        tables = {
            table: {kind: sorted(keys, key=_natural) for kind, keys in kinds.items()}
            for table, kinds in self.tables.items()
        }
        datasets: dict[str, dict[str, list[str]]] = {}
        for table, kinds in tables.items():
            if table in RECORD_KEYS:
                dataset, pattern = RECORD_KEYS[table]
                known = datasets.setdefault(dataset, {kind: [] for kind in KINDS})
                for kind, keys in kinds.items():
                    known[kind] += [pattern.format(key) for key in keys]
        late = {table: sorted(keys, key=_natural) for table, keys in self.late.items()}
        return {"tables": tables, "late": late, "datasets": datasets}

    def _late_text(self, table: str) -> str:
        return f" ({len(self.late[table])} of them committed late)" if table in self.late else ""


RECORD_KEYS = {
    "land_registry.parcel": ("land_parcel", "land_registry:{}"),
    "land_registry.block": ("land_restriction", "land_registry:BLOCK:{}"),
    "land_registry.mortgage": ("land_restriction", "land_registry:MORTGAGE:{}"),
    "land_registry.dispute": ("land_restriction", "land_registry:DISPUTE:{}"),
    "land_registry.right": ("land_right", "land_registry:{}"),
    "mineral_cadastre.licence": ("mineral_licence", "mineral_cadastre:{}"),
    "environment_permits.permit": ("environmental_permit", "environment_permits:{}"),
    "environment_permits.eia_decision": ("eia_decision", "environment_permits:{}"),
    "environment_permits.facility": ("facility", "environment_permits:{}"),
}


def _natural(key: str) -> tuple[int, str]:
    return (int(key), "") if key.isdigit() else (0, key)
