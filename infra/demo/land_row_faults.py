"""Faults of land uses (they show on their parcel) and of restrictions."""

from collections.abc import Iterator

import numpy as np

from infra.demo.columns import Columns
from infra.demo.ground_truth import Fault

SYSTEM = "land_registry"
NOBODY = 999_999_999
RESTRICTIONS = {
    "block": ("BLOCK", "nganchanid", "doituongid", "ngaybatdau"),
    "mortgage": ("MORTGAGE", "thechapid", "gcnid", "ngaythechap"),
    "dispute": ("DISPUTE", "tranhchapid", "thuadatid", "ngayphatsinh"),
}


def damage_uses(tables: dict[str, Columns], rows: Iterator[int], count: int) -> list[tuple[str, str, int]]:
    """Unknown or outdated codes, and uses that do not add up; fault, rule and parcel row of each."""
    uses, done = tables["land_use"], []
    for number in range(count):
        row = next(rows)
        first = _uses_of(tables, row)[0]
        uses["mucdichsudung"][first] = ("XYZ", "SKX")[number % 2]
        if number % 2:  # SKX ended with the older scheme on 2024-07-31
            uses["tungay"][first] = np.datetime64("2025-03-14")
        done.append(("unknown_land_use", "L06", row))
    for _ in range(count):
        row = next(rows)
        uses["dientich"][_uses_of(tables, row)[0]] += 7.5
        done.append(("use_sum", "L07", row))
    return done


def shift_areas(tables: dict[str, Columns], row: int, *, factor: int) -> int:
    """State every area of a parcel and its uses in another unit; their sums still agree."""
    for name in ("dientich", "dientichphaply"):
        tables["parcel"][name][row] *= factor
    tables["land_use"]["dientich"][_uses_of(tables, row)] *= factor
    return row


def damage_restrictions(tables: dict[str, Columns], count: int) -> list[Fault]:
    """Ends before the start and subjects that do not exist, in turn over blocks, mortgages and disputes."""
    faults: list[Fault] = []
    for number in range(count):
        for table, fault, rule in (
            (("block", "mortgage")[number % 2], "end_before_start", "L09"),
            (("block", "mortgage", "dispute")[number % 3], "dangling_subject", "L10"),
        ):
            kind, key, subject, start = RESTRICTIONS[table]
            columns = tables[table]
            row = 2 * number + (rule == "L10")
            if table == "dispute":  # a closed one: no parcel carries a flag for it
                row = int(np.flatnonzero(~columns["contranhchap"])[number])
            if rule == "L09":
                columns["ngayketthuc"][row] = columns[start][row] - np.timedelta64(30, "D")
            else:
                columns[subject][row] = NOBODY
            source_key = str(columns[key][row])
            record_key = f"{SYSTEM}:{kind}:{source_key}"
            faults.append(Fault(SYSTEM, table, source_key, "land_restriction", record_key, fault, rule))
    return faults


def _uses_of(tables: dict[str, Columns], row: int) -> np.ndarray:
    return np.flatnonzero(tables["land_use"]["_parcel"] == row)
