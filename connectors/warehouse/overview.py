"""What is published, how old it is and what was loaded last: the facts behind `lienthong status`. Reads only."""

from dataclasses import dataclass
from datetime import datetime

import psycopg

from connectors.warehouse.connect import connect, translated

_DATASETS = """
select dataset, release_id, row_count, held_count, added, changed, closed, source_as_of, published_at
from shared.dataset_status order by dataset
"""
_BATCHES = """
select distinct on (system, table_name)
    system, table_name, partition, finished_at, rows_read, inserted, updated, deleted, rejected
from raw._batch order by system, table_name, batch_id desc
"""
_OPEN = "select release_id, opened_at from release.release where status = 'staged'"
_LEASE = """
select exists (
    select from pg_locks
    where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())
        and (classid::bigint << 32) + objid::bigint = hashtextextended('lienthong.release', 0)
)
"""


@dataclass(frozen=True)
class DatasetState:
    """A published dataset, in the order of the columns of `shared.dataset_status`."""

    dataset: str
    release_id: int
    row_count: int
    held_count: int
    added: int
    changed: int
    closed: int
    source_as_of: datetime | None
    published_at: datetime


@dataclass(frozen=True)
class LastBatch:
    """The newest batch of a source table."""

    system: str
    table_name: str
    partition: str
    finished_at: datetime
    rows_read: int
    inserted: int
    updated: int
    deleted: int
    rejected: int


@dataclass(frozen=True)
class Overview:
    """The state of the warehouse at one moment; `open_release` is id, opening time and whether its run is alive."""

    now: datetime
    current_release: int | None
    open_release: tuple[int, datetime, bool] | None
    datasets: tuple[DatasetState, ...]
    batches: tuple[LastBatch, ...]


def read_overview() -> Overview:
    """The state of the warehouse, as one snapshot."""
    with translated("status of the warehouse"), connect("lt_publisher") as conn:
        conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        now, current = conn.execute("select now(), release_id from release.pointer").fetchone() or (None, None)
        opened = conn.execute(_OPEN).fetchone()
        is_alive = conn.execute(_LEASE).fetchone() == (True,)
        has_batches = conn.execute("select to_regclass('raw._batch') is not null").fetchone() == (True,)
        assert now is not None
        return Overview(
            now=now,
            current_release=current,
            open_release=(opened[0], opened[1], is_alive) if opened else None,
            datasets=tuple(DatasetState(*row) for row in conn.execute(_DATASETS)),
            batches=tuple(LastBatch(*row) for row in conn.execute(_BATCHES)) if has_batches else (),
        )
