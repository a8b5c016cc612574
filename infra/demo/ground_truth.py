"""What was damaged on purpose, and the rule that must catch it: `<home>/demo/ground_truth.csv`."""

import csv
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path


@dataclass(frozen=True)
class Fault:
    """One damaged source row. `record_key` is its key in the shared dataset; `effect` is hold, warn or scope."""

    system: str
    table: str
    source_key: str
    dataset: str
    record_key: str
    fault: str
    rule_id: str
    effect: str = "hold"


def write_ground_truth(path: Path, faults: Iterable[Fault]) -> int:
    """Replace the file; returns the number of rows."""
    rows = sorted(
        (asdict(fault) for fault in faults), key=lambda row: (row["dataset"], row["fault"], row["record_key"])
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".new")
    with temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Fault)])
        writer.writeheader()
        writer.writerows(rows)
    temporary.replace(path)
    return len(rows)


def read_ground_truth(path: Path) -> list[Fault]:
    """The rows of the file."""
    with path.open(encoding="utf-8", newline="") as file:
        return [Fault(**row) for row in csv.DictReader(file)]
