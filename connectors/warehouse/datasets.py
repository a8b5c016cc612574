"""What a shared dataset is, apart from its rules: name, relation, key, owner, sources and guards.

The header of `expectations/rules/<dataset>.yml` is read here; its rules are read in `expectations/rules.py`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from connectors.errors import ContractInvalid

_NAME = re.compile(r"[a-z][a-z0-9_]{0,47}")
_RELATION = re.compile(r"[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*")


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


def read_dataset(header: Mapping[str, Any], where: str) -> Dataset:
    """The dataset that a rules file describes; `where` names the file. Raises `ContractInvalid`."""
    try:
        guards = header.get("guards") or {}
        dataset = Dataset(
            name=header["dataset"],
            title_vi=header["title"]["vi"],
            title_en=header["title"]["en"],
            relation=header["relation"],
            key=tuple(header["key"]),
            owner=header["owner"],
            sources=tuple(header.get("sources") or ()),
            facts=tuple(header.get("facts") or ()),
            max_held_share=float(guards.get("max_held_share", 0.05)),
            max_shrink=float(guards.get("max_shrink", 0.10)),
            partition_by=PartitionBy(**header["partition_by"]) if header.get("partition_by") else None,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _invalid("dataset, title (vi, en), relation, key and owner", repr(error), where) from error
    _check_names(dataset, where)
    return dataset


def _check_names(dataset: Dataset, where: str) -> None:
    if not _NAME.fullmatch(dataset.name):
        raise _invalid("a dataset name of small letters, digits and _ (48 at most)", dataset.name, where)
    if not _RELATION.fullmatch(dataset.relation):
        raise _invalid("a relation written schema.name", dataset.relation, where)
    wrong = [c for c in (*dataset.key, *dataset.facts) if not isinstance(c, str) or not _NAME.fullmatch(c)]
    if wrong or not dataset.key:
        raise _invalid("at least one key column, and plain column names", str(wrong or dataset.key), where)
    if set(dataset.key) & set(dataset.facts):
        raise _invalid("key columns that are published", f"{set(dataset.key) & set(dataset.facts)} are facts", where)


def _invalid(expected: str, found: str, where: str) -> ContractInvalid:
    return ContractInvalid(expected=expected, found=found, where=where, next_step="Correct the header of the file.")
