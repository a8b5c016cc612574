"""The intake: an unlogged table in which the rows of one batch arrive by binary COPY, before they are compared.

It is committed on its own, so a killed run may leave one behind; the next `Intake` of the same table and partition,
made under the same lock, removes it. Comparing and writing is in `row_diff.py`.
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256

import psycopg
import pyarrow as pa
from psycopg import sql

from connectors.contracts import TableContract
from connectors.errors import IncompleteBatch
from connectors.warehouse.bulk_copy import BulkCopy
from connectors.warehouse.raw_tables import column_definitions

_WORTH_ANALYZING = 500


class Intake:
    """The tables of one load: the rows, and where keys are reconciled the keys of the source."""

    def __init__(self, conn: psycopg.Connection, bulk: BulkCopy, *, table: TableContract, where: str) -> None:
        self._conn, self._bulk, self._table = conn, bulk, table
        self.where = where
        digest = sha256(where.encode()).hexdigest()[:12]
        self._row_name, self._key_name = f"_intake_{digest}_rows", f"_intake_{digest}_keys"
        self.rows, self.keys = sql.Identifier("raw", self._row_name), sql.Identifier("raw", self._key_name)
        self.drop()

    def take_rows(self, batches: Iterable[pa.RecordBatch]) -> int:
        """Copies rows into the intake; the count is what the database says arrived."""
        return self._take(self._row_name, batches, self._table.arrow_schema)

    def take_keys(self, batches: Iterable[pa.RecordBatch]) -> int:
        """Copies the source's full list of keys, and of marks where the table has one."""
        names = self._table.key_and_mark
        return self._take(self._key_name, batches, pa.schema([self._table.arrow_schema.field(n) for n in names]))

    def drop(self) -> None:
        """Removes the intake, also one left by a killed run; inside a transaction it goes with its commit."""
        self._conn.execute(sql.SQL("drop table if exists {}, {}").format(self.rows, self.keys))

    def _take(self, name: str, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> int:
        table, sent = sql.Identifier("raw", name), 0
        definitions = column_definitions(self._table)
        columns = [sql.SQL("{} {}").format(sql.Identifier(n), sql.SQL(definitions[n])) for n in schema.names]
        create = sql.SQL("create unlogged table {} ({}) with (autovacuum_enabled = off)")
        self._conn.execute(create.format(table, sql.SQL(", ").join(columns)))
        self._conn.execute(sql.SQL("revoke all on {} from lt_builder").format(table))

        def counted() -> Iterator[pa.RecordBatch]:
            nonlocal sent
            for batch in batches:
                sent += batch.num_rows
                yield pa.RecordBatch.from_arrays(batch.select(schema.names).columns, schema=schema)

        arrived = self._bulk.copy(name, counted(), schema=schema, where=self.where)
        if arrived != sent:
            raise IncompleteBatch(
                expected=f"{sent} rows in the intake",
                found=f"{arrived}",
                where=self.where,
                next_step="Nothing was loaded. Run it again; if it stays so, look at the log of the warehouse.",
            )
        if arrived >= _WORTH_ANALYZING:
            self._conn.execute(sql.SQL("analyze {}").format(table))
        return arrived
