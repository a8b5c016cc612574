"""What is asked of a source, and what it answers: the same few types for every access method."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import pyarrow as pa

from connectors.contracts import SourceContract, TableContract

ROWS_PER_BATCH = 32_768
"""Rows of one record batch: with a geometry each about 16 MB, so that memory is bounded by the batch."""


@dataclass(frozen=True)
class SeenFile:
    """A file as its server lists it."""

    name: str
    size: int
    modified_at: datetime


@dataclass(frozen=True)
class Request:
    """One table and partition, and what was read of it before. `since` None asks for every row."""

    contract: SourceContract
    table: TableContract
    partition: str
    since: str | None = None
    seen: str | None = None
    seen_files: Mapping[str, SeenFile] = field(default_factory=dict)

    @property
    def where(self) -> str:
        """The place to name in an error."""
        return f"{self.contract.system}.{self.table.name} [{self.partition}]"


@dataclass(frozen=True)
class Rejected:
    """A row that does not fit its contract: which one, why, and what it said."""

    row_ref: str
    reason: str
    payload: dict[str, Any]


@dataclass
class Reading:
    """The rows of one request. `rejected` and `files` are complete once `rows` is used up.

    `announced` is the server's own count of what `rows` must bring, rejected rows included; `total` its count of the
    rows that the table and partition have; `is_whole` says that rows absent here no longer exist at the source.
    """

    rows: Iterator[pa.RecordBatch]
    announced: int | None = None
    total: int | None = None
    is_whole: bool = True
    is_unchanged: bool = False
    mark: str | None = None
    rejected: list[Rejected] = field(default_factory=list)
    files: list[SeenFile] = field(default_factory=list)


class Source(AbstractContextManager["Source"], Protocol):
    """An open source system; one consistent view of it where the system can give one."""

    def read(self, request: Request) -> Reading:
        """The rows asked for, in the types of the contract and bounded by batch; checks the shape first."""
        ...


class KeyedSource(Source, Protocol):
    """A source that can list its keys and read single rows again."""

    def keys(self, request: Request) -> Iterator[pa.RecordBatch]:
        """Every key of the table and partition, with the mark of its row."""
        ...

    def read_keys(self, request: Request, keys: pa.Table, into: Reading) -> Iterator[pa.RecordBatch]:
        """The rows of these keys; rejected ones are added to `into`."""
        ...
