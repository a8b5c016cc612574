"""What a shared dataset is, apart from its rules: name, relation, key, owner, sources and guards.

It is written in `expectations/rules/<dataset>.yml` and read, with the rules, in `expectations/rules.py`.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class PartitionBy:
    """By which key column, a date or an instant, the versions of a dataset are partitioned: a month of UTC each."""

    column: str
    every: Literal["month"]


@dataclass(frozen=True)
class Dataset:
    """A shared dataset. `relation` holds its current state, one row per `key`, with a `row_hash`."""

    name: str
    title_vi: str
    title_en: str
    relation: str
    key: tuple[str, ...]
    owner: str
    sources: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    max_held_share: float = 0.05
    max_shrink: float = 0.10
    partition_by: PartitionBy | None = None

    def record_key_sql(self, alias: str) -> str:
        """The SQL text of the record key: the key columns of a row, joined by '|'."""
        columns = ", ".join(f'{alias}."{column}"' for column in self.key)
        return f"concat_ws('|', {columns})"

    @property
    def source_systems(self) -> tuple[str, ...]:
        """The systems that the dataset is made of, without repetition."""
        return tuple(sorted({source.partition(".")[0] for source in self.sources}))
