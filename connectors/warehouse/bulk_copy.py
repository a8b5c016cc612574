"""Binary COPY of Arrow rows into a table, by ADBC. One connection serves a whole extract: opening one takes 0.1 s."""

from collections.abc import Iterable
from types import TracebackType
from typing import Self

import adbc_driver_manager
import adbc_driver_postgresql.dbapi as adbc
import pyarrow as pa

from connectors.errors import LienThongError, Stop
from connectors.settings import warehouse_dsn
from connectors.warehouse.connect import busy

_BUSY = ("08", "40", "53", "55", "57")


class BulkCopy:
    """An ADBC connection of the loader, opened when it is first used. Every copy commits on its own."""

    def __init__(self) -> None:
        self._connection: adbc.Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            self._connection.close()

    def copy(self, name: str, batches: Iterable[pa.RecordBatch], *, schema: pa.Schema, where: str) -> int:
        """Copies rows into `raw.<name>`, whose columns are those of the schema; the count is the database's."""
        reader = pa.RecordBatchReader.from_batches(schema, batches)
        try:
            if self._connection is None:
                self._connection = adbc.connect(warehouse_dsn("lt_loader"), autocommit=True)
            with self._connection.cursor() as cursor:
                return int(cursor.adbc_ingest(name, reader, mode="append", db_schema_name="raw"))
        except adbc_driver_manager.Error as error:
            raise _translated(error, where) from error


def _translated(error: adbc_driver_manager.Error, where: str) -> LienThongError:
    state = str(error.sqlstate or "")
    found = str(error).strip().replace("\n", " ")[:300]
    if not state or state.startswith(_BUSY):
        return busy(where, found)
    return Stop(
        expected="rows that the warehouse can hold in the types of the contract",
        found=f"{found} (SQLSTATE {state})",
        where=where,
        next_step="Nothing was loaded. Compare the contract with the source.",
    )
