"""Bookkeeping of the loads: the lock, what was read before, and the record of an accepted batch."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime

import psycopg
from psycopg import sql

from connectors.contracts import WHOLE, SourceContract, TableContract
from connectors.warehouse.connect import busy
from connectors.warehouse.ledger import record
from connectors.warehouse.raw_tables import raw_table_name


@dataclass(frozen=True)
class Batch:
    """One accepted batch, as it stands in raw._batch."""

    batch_id: int
    system: str
    table_name: str
    partition: str
    mode: str
    started_at: datetime
    contract_sha256: str
    shape_sha256: str
    extractor_version: str
    rows_read: int = 0
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    rejected: int = 0
    live_rows: int = 0
    change_no: int | None = None
    mark_from: str | None = None
    mark_to: str | None = None
    manifest_path: str | None = None
    manifest_sha256: str | None = None

    @property
    def changed(self) -> int:
        """Rows that this batch wrote."""
        return self.inserted + self.updated + self.deleted


@dataclass(frozen=True)
class Loaded:
    """What is known of a table and partition before a load. `shape_sha256` is None before the first one."""

    live_rows: int
    shape_sha256: str | None = None
    mark: str | None = None
    rejected: int = 0
    files: dict[str, tuple[int, datetime]] = field(default_factory=dict)


@contextmanager
def locked(conn: psycopg.Connection, system: str, table: str, partition: str) -> Iterator[None]:
    """Holds a table and partition; `WarehouseBusy` if another run has it. A killed run lets go by itself."""
    name = f"load {system}.{table} [{partition}]"
    row = conn.execute("select pg_try_advisory_lock(hashtextextended(%s, 0))", [name]).fetchone()
    if not row or not row[0]:
        raise busy(name, "another run is loading it")
    try:
        yield
    finally:
        if not conn.broken and not conn.closed:
            conn.execute("select pg_advisory_unlock(hashtextextended(%s, 0))", [name])


def next_batch_id(conn: psycopg.Connection) -> int:
    """A number of its own for a batch; numbers of killed runs are never used again."""
    row = conn.execute("select nextval('raw.batch_number')").fetchone()
    assert row is not None
    return int(row[0])


def read_loaded(conn: psycopg.Connection, contract: SourceContract, table: TableContract, partition: str) -> Loaded:
    """What earlier batches left: live rows, mark, files, and the shape that they were read with."""
    place = [contract.system, table.name, partition]
    batch = conn.execute(
        """
        select shape_sha256, rejected from raw._batch where (system, table_name, partition) = (%s, %s, %s)
        order by batch_id desc limit 1
        """,
        place,
    ).fetchone()
    mark = conn.execute(
        "select mark from raw._mark where (system, table_name, partition) = (%s, %s, %s)", place
    ).fetchone()
    files = conn.execute(
        "select file_name, size, modified_at from raw._file where (system, table_name) = (%s, %s)", place[:2]
    ).fetchall()
    return Loaded(
        live_rows=count_live(conn, contract, table, partition),
        shape_sha256=batch[0] if batch else None,
        rejected=int(batch[1]) if batch else 0,
        mark=mark[0] if mark else None,
        files={name: (size, at) for name, size, at in files},
    )


def count_live(conn: psycopg.Connection, contract: SourceContract, table: TableContract, partition: str) -> int:
    """The rows of a table and partition that the source has, as far as it is loaded."""
    live = sql.SQL("select count(*) from {} where _deleted_at is null").format(
        sql.Identifier("raw", raw_table_name(contract.system, table.name))
    )
    params: list[str] = []
    if contract.partitions and partition != WHOLE:
        live += sql.SQL(" and {} = %s").format(sql.Identifier(contract.partitions.column))
        params = [partition]
    row = conn.execute(live, params).fetchone()
    return int(row[0]) if row else 0


def record_batch(conn: psycopg.Connection, batch: Batch, *, files: list[tuple[str, int, datetime]]) -> Batch:
    """Writes batch, mark, files and ledger entry in the caller's transaction; call it last before commit."""
    values = asdict(batch) | {"source_as_of": batch.started_at}
    columns = sql.SQL(", ").join(map(sql.Identifier, [*values, "finished_at"]))
    marks = sql.SQL(", ").join([*map(sql.Placeholder, values), sql.SQL("clock_timestamp()")])
    conn.execute(sql.SQL("insert into raw._batch ({}) values ({})").format(columns, marks), values)
    if batch.mark_to is not None:
        conn.execute(
            """
            insert into raw._mark (system, table_name, partition, mark, batch_id)
            values (%(system)s, %(table_name)s, %(partition)s, %(mark_to)s, %(batch_id)s)
            on conflict (system, table_name, partition) do update
            set mark = excluded.mark, batch_id = excluded.batch_id where raw._mark.mark <> excluded.mark
            """,
            values,
        )
    with conn.cursor() as cursor:
        cursor.executemany(
            """
            insert into raw._file (system, table_name, file_name, size, modified_at, batch_id)
            values (%s, %s, %s, %s, %s, %s) on conflict (system, table_name, file_name) do update
            set size = excluded.size, modified_at = excluded.modified_at, batch_id = excluded.batch_id
            """,
            [(batch.system, batch.table_name, name, size, at, batch.batch_id) for name, size, at in files],
        )
    record(conn, "load", _payload(batch))
    return batch


def record_refusal(conn: psycopg.Connection, system: str, facts: dict[str, str]) -> None:
    """Says in the ledger why an extract did not go through; in a transaction of its own."""
    with conn.transaction():
        record(conn, "load_refused", {"system": system, **facts})


def with_change_number(conn: psycopg.Connection, batch: Batch) -> Batch:
    """The batch with the number that its changed rows carry.

    Taken under a lock that lasts until commit, so that the numbers of one table grow in the order of the commits and
    a reader that has seen number n misses nothing below it.
    """
    name = f"change {batch.system}.{batch.table_name}"
    conn.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
    row = conn.execute("select nextval('raw.change_number')").fetchone()
    assert row is not None
    return replace(batch, change_no=int(row[0]))


def _payload(batch: Batch) -> dict[str, object]:
    left_out = {"started_at", "shape_sha256", "manifest_path"}
    facts = {name: value for name, value in asdict(batch).items() if name not in left_out}
    return facts | {"source_as_of": batch.started_at.isoformat()}
