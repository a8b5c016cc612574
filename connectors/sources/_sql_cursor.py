"""Any other database that SQLAlchemy knows: a server-side cursor, read into Arrow batch by batch.

Caveats: a source without geometry functions of its own must hold WKB; MySQL 8 (not MariaDB) swaps the axes of
geographic systems in ST_AsBinary.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from connectors.column_types import ColumnType
from connectors.errors import ContractBroken, LienThongError, SourceUnavailable
from connectors.sources._retry import retried

_ROWS = 8192
_PASSING = (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError)
_FAMILIES: tuple[tuple[type[Any], str], ...] = (
    (sa.Boolean, "boolean"),
    (sa.SmallInteger, "smallint"),
    (sa.BigInteger, "bigint"),
    (sa.Integer, "integer"),
    (sa.Float, "double"),
    (sa.Numeric, "numeric"),
    (sa.String, "text"),
    (sa.Enum, "text"),
    (sa.Uuid, "text"),
    (sa.TIMESTAMP, "timestamptz"),
    (sa.DateTime, "timestamp"),
    (sa.Date, "date"),
)
_CONNECT = {
    "mysql": {"connect_timeout": 10, "read_timeout": 600, "init_command": "set time_zone = '+00:00'"},
    "mariadb": {"connect_timeout": 10, "read_timeout": 600, "init_command": "set time_zone = '+00:00'"},
    "sqlite": {"timeout": 10},
}


class CursorDatabase:
    """An open connection; where the engine has it, one REPEATABLE READ snapshot."""

    casts_text = False

    def __init__(self, url: str, *, where: str, timezone: str) -> None:
        self._where, self._zone = where, ZoneInfo(timezone)
        backend = sa.make_url(url).get_backend_name()
        self._is_mysql = backend in ("mysql", "mariadb")
        options: dict[str, Any] = {"isolation_level": "REPEATABLE READ"} if self._is_mysql else {}
        self._engine = sa.create_engine(url, connect_args=_CONNECT.get(backend, {}), poolclass=sa.NullPool, **options)
        self._connection = retried(self._connect)
        self._instants: set[str] = set()

    def column_types(self, name: str) -> dict[str, str]:
        """The columns of a table by the inspector; local times count as instants of the contract's time zone."""
        schema, _, table = name.rpartition(".")
        inspector = sa.inspect(self._connection)
        try:
            columns = inspector.get_columns(table, schema=schema or None)
        except sa.exc.NoSuchTableError:
            return {}
        except sa.exc.SQLAlchemyError as error:
            raise _translated(error, self._where) from error
        self._instants |= {c["name"] for c in columns if isinstance(c["type"], sa.TIMESTAMP)}
        return {column["name"]: self._contract_type(column["type"]) for column in columns}

    def instant(self, column: str, value: datetime) -> sa.ColumnElement[Any]:
        """The time as a column without an offset holds it: UTC for TIMESTAMP, local for the others."""
        zone = UTC if column in self._instants else self._zone
        return sa.literal(value.astimezone(zone).replace(tzinfo=None) if value.tzinfo else value)

    def fetch(self, statement: sa.Select[Any]) -> list[tuple[Any, ...]]:
        """All rows of a small answer."""
        try:
            return [tuple(row) for row in self._connection.execute(statement)]
        except sa.exc.SQLAlchemyError as error:
            raise _translated(error, self._where) from error

    def stream(self, statement: sa.Select[Any], types: dict[str, ColumnType]) -> Iterator[pa.RecordBatch]:
        """The rows in batches of a few thousand; the driver holds no more than one of them."""
        try:
            streamed = self._connection.execution_options(stream_results=True, max_row_buffer=_ROWS)
            with streamed.execute(statement) as result:
                names = list(result.keys())
                for rows in result.partitions(_ROWS):
                    yield self._batch(names, list(zip(*rows, strict=True)), types)
        except (sa.exc.SQLAlchemyError, pa.ArrowException, ValueError, ArithmeticError) as error:
            raise _translated(error, self._where) from error

    def close(self) -> None:
        """Ends the snapshot and the connection."""
        self._connection.close()
        self._engine.dispose()

    def _connect(self) -> sa.Connection:
        try:
            return self._engine.connect()
        except sa.exc.SQLAlchemyError as error:
            raise _translated(error, self._where) from error

    def _contract_type(self, kind: sa.types.TypeEngine[Any]) -> str:
        if self._is_mysql and type(kind).__name__ == "TINYINT":
            return "boolean" if getattr(kind, "display_width", None) == 1 else "smallint"
        family = next((name for known, name in _FAMILIES if isinstance(kind, known)), type(kind).__name__.lower())
        if family == "timestamp":
            return "timestamptz"
        if isinstance(kind, sa.Numeric) and family == "numeric":
            return f"numeric({kind.precision},{kind.scale or 0})" if kind.precision else "numeric"
        return family

    def _batch(self, names: list[str], columns: list[tuple[Any, ...]], types: dict[str, ColumnType]) -> pa.RecordBatch:
        arrays = [self._array(name, values, types.get(name)) for name, values in zip(names, columns, strict=True)]
        return pa.RecordBatch.from_arrays(arrays, names=names)

    def _array(self, name: str, values: tuple[Any, ...], kind: ColumnType | None) -> pa.Array:
        if kind is None:
            return pa.array([None if value is None else bytes(value) for value in values], pa.binary())
        if kind.family == "text":
            return pa.array([None if value is None else str(value) for value in values], pa.string())
        if kind.family == "numeric":
            return pa.array([None if value is None else _plain(value) for value in values], pa.string())
        if kind.family == "timestamptz":
            zone = UTC if name in self._instants else self._zone
            aware = [v if v is None or v.tzinfo else v.replace(tzinfo=zone) for v in values]
            return pa.array([None if v is None else v.astimezone(UTC) for v in aware], kind.arrow)
        if kind.family == "boolean":
            return pa.array([None if value is None else bool(value) for value in values], pa.bool_())
        return _integers(values) if kind.family in ("smallint", "integer") else pa.array(values, kind.arrow)


def _integers(values: tuple[Any, ...]) -> pa.Array:
    return pa.array(values, pa.int64(), mask=np.array([value is None for value in values]))


def _plain(value: Any) -> str:
    return format(value if isinstance(value, Decimal) else Decimal(str(value)), "f")


def _translated(error: Exception, where: str) -> LienThongError:
    cause = getattr(error, "orig", None) or error
    passing = isinstance(error, _PASSING)
    kind: type[LienThongError] = SourceUnavailable if passing else ContractBroken
    return kind(
        expected="an answer from the source database",
        found=f"{type(cause).__name__}: {str(cause)[:300]}",
        where=where,
        next_step="Nothing was loaded; the last good data stays. "
        + ("Try again later." if passing else "Check the contract against the source."),
    )
