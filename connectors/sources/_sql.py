"""Access to a database, `kind: sql`: any URL that SQLAlchemy knows, PostgreSQL by its fast path.

All tables of one extract are read in one read-only snapshot where the database has such a thing. How statements
reach the database is in `_sql_postgres.py` (ADBC, binary COPY) and `_sql_cursor.py` (a streamed cursor).
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from types import TracebackType
from typing import Any, Protocol, Self
from zoneinfo import ZoneInfo

import pyarrow as pa
import sqlalchemy as sa

from connectors.contracts import WHOLE, ColumnContract, SourceContract, TableContract
from connectors.errors import ContractBroken
from connectors.marks import mark_value
from connectors.settings import connection
from connectors.sources._fit import fit_batch
from connectors.sources._reading import Reading, Rejected, Request
from connectors.sources._shape import check_shape

_KEYS_PER_STATEMENT = 1000


class Database(Protocol):
    """How statements reach one kind of database."""

    casts_text: bool
    """Whether texts of every kind must be asked for as text to arrive as such."""

    def column_types(self, name: str) -> dict[str, str]:
        """The columns of a table, with types as contracts write them; empty where there is no such table."""
        ...

    def instant(self, column: str, value: datetime) -> sa.ColumnElement[Any]:
        """A point in time as a literal that this database compares with that column."""
        ...

    def fetch(self, statement: sa.Select[Any]) -> list[tuple[Any, ...]]:
        """All rows of a small answer."""
        ...

    def stream(self, statement: sa.Select[Any], types: dict[str, Any]) -> Iterator[pa.RecordBatch]:
        """The rows of a large answer as record batches."""
        ...

    def close(self) -> None:
        """Ends the snapshot and the connection."""
        ...


class SqlSource:
    """An open database. Its tables' counts and marks are asked for once and remembered."""

    def __init__(self, contract: SourceContract) -> None:
        url = connection(contract.access.connection)
        self._contract = contract
        self._database = _open(url, contract)
        self._stats: dict[str, dict[str, _Stats]] = {}
        self._found: dict[str, dict[str, str]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def read(self, request: Request) -> Reading:
        """The rows since the mark, or all of them; the count of both comes from the same snapshot."""
        stats = self._read_stats(request)
        clause = self._since(request)
        reading = Reading(rows=iter(()), total=stats.rows, mark=stats.mark, is_whole=clause is None)
        reading.announced = stats.rows if clause is None else None
        wanted = self._all(request).where(clause) if clause is not None else self._all(request)
        reading.rows = self._rows(request, wanted, reading.rejected)
        return reading

    def keys(self, request: Request) -> Iterator[pa.RecordBatch]:
        """Every key with the mark of its row."""
        narrow = _narrowed(request, request.table.key_and_mark)
        statement = sa.select(*self._select_list(narrow)).select_from(_table(request.table))
        return self._rows(narrow, self._of_partition(request, statement), [])

    def read_keys(self, request: Request, keys: pa.Table, into: Reading) -> Iterator[pa.RecordBatch]:
        """The rows of these keys, a thousand keys a statement."""
        columns: list[sa.ColumnElement[Any]] = [sa.column(name) for name in request.table.key]
        for start in range(0, keys.num_rows, _KEYS_PER_STATEMENT):
            part = keys.slice(start, _KEYS_PER_STATEMENT).select(list(request.table.key)).to_pylist()
            values = [tuple(row[name] for name in request.table.key) for row in part]
            clause = columns[0].in_([v[0] for v in values]) if len(columns) == 1 else sa.tuple_(*columns).in_(values)
            yield from self._rows(request, self._all(request).where(clause), into.rejected)

    def _rows(self, request: Request, statement: sa.Select[Any], into: list[Rejected]) -> Iterator[pa.RecordBatch]:
        types = {column.name: column.typed for column in request.table.columns}
        for raw in self._database.stream(statement, types):
            yield fit_batch(request, raw, rejected=into)

    def _all(self, request: Request) -> sa.Select[Any]:
        statement = sa.select(*self._select_list(request)).select_from(_table(request.table))
        return self._of_partition(request, statement)

    def _select_list(self, request: Request) -> list[sa.ColumnElement[Any]]:
        self._found_columns(request)
        columns: list[sa.ColumnElement[Any]] = []
        for contracted in request.table.columns:
            column = _typed(contracted)
            as_text = self._database.casts_text and contracted.typed.family == "text"
            columns.append((sa.cast(column, sa.Text) if as_text else column).label(contracted.name))
        geometry = request.table.geometry
        if geometry:
            columns.append(sa.func.ST_AsBinary(sa.column(geometry.column)).label(geometry.column))
        return columns

    def _of_partition(self, request: Request, statement: sa.Select[Any]) -> sa.Select[Any]:
        partitions = request.contract.partitions
        if partitions is None or request.partition == WHOLE:
            return statement
        return statement.where(sa.column(partitions.column) == request.partition)

    def _since(self, request: Request) -> sa.ColumnElement[bool] | None:
        mark = request.table.mark
        if mark is None or request.since is None:
            return None
        value = mark_value(request.since, request.table.column(mark.column).typed.family)
        bound = self._database.instant(mark.column, value) if isinstance(value, datetime) else sa.literal(value)
        clause = sa.column(mark.column) >= bound
        return clause if mark.when_missing == "stop" else sa.or_(clause, sa.column(mark.column).is_(None))

    def _found_columns(self, request: Request) -> dict[str, str]:
        table = request.table
        if table.name not in self._found:
            found = self._database.column_types(table.source)
            if not found:
                raise _no_table(request)
            check_shape(request, found)
            self._found[table.name] = found
        return self._found[table.name]

    def _read_stats(self, request: Request) -> "_Stats":
        self._found_columns(request)
        if request.table.name not in self._stats:
            self._stats[request.table.name] = self._count(request)
        stats = self._stats[request.table.name].get(request.partition, _Stats(0, None, 0))
        mark = request.table.mark
        if mark and stats.unmarked and mark.when_missing == "stop":
            raise ContractBroken(
                expected=f"{mark.column} filled in every row, as when_missing: stop says",
                found=f"{stats.unmarked} rows without it",
                where=request.where,
                next_step="Ask the owner of the source; rows without a mark would never be read again.",
            )
        return stats

    def _count(self, request: Request) -> dict[str, "_Stats"]:
        mark, partitions = request.table.mark, request.contract.partitions
        count = sa.func.count()
        listed: list[Any] = [sa.column(partitions.column) if partitions else sa.literal(WHOLE), count]
        if mark:
            column = _typed(request.table.column(mark.column))
            listed += [sa.func.max(column), count - sa.func.count(column)]
        statement = sa.select(*listed).select_from(_table(request.table))
        statement = statement.group_by(sa.column(partitions.column)) if partitions else statement
        rows = self._database.fetch(statement)
        known = request.contract.partition_names
        strange = [f"{row[0]!r} ({row[1]} rows)" for row in rows if str(row[0]) not in known]
        if strange:
            raise ContractBroken(
                expected=f"only the partitions {', '.join(known)}",
                found=", ".join(strange),
                where=request.where,
                next_step="Add the partition to the contract, or ask the owner of the source what these rows are.",
            )
        zone = ZoneInfo(request.contract.timezone)
        return {str(row[0]): _Stats(row[1], _mark_text(row[2], zone), row[3]) if mark else _Stats(row[1], None, 0)
                for row in rows}  # fmt: skip


class _Stats:
    def __init__(self, rows: int, mark: str | None, unmarked: int) -> None:
        self.rows, self.mark, self.unmarked = int(rows), mark, int(unmarked)


def _mark_text(value: Any, zone: ZoneInfo) -> str | None:
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=zone)
        return aware.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else None if value is None else str(value)


def _open(url: str, contract: SourceContract) -> Database:
    if sa.make_url(url).get_backend_name() == "postgresql":
        from connectors.sources._sql_postgres import PostgresDatabase

        return PostgresDatabase(url, where=contract.system)
    from connectors.sources._sql_cursor import CursorDatabase

    return CursorDatabase(url, where=contract.system, timezone=contract.timezone)


def _table(table: TableContract) -> sa.TableClause:
    schema, _, name = table.source.rpartition(".")
    return sa.table(name, schema=schema or None)


def _typed(column: ColumnContract) -> sa.ColumnElement[Any]:
    """Some drivers hand over dates as text unless the statement says what they are."""
    kinds: dict[str, sa.types.TypeEngine[Any]] = {"date": sa.Date(), "timestamptz": sa.DateTime()}
    kinds["timestamp"] = kinds["timestamptz"]
    return sa.column(column.name, kinds.get(column.typed.family))


def _narrowed(request: Request, names: tuple[str, ...]) -> Request:
    columns = tuple(request.table.column(name) for name in names)
    table = request.table.model_copy(update={"columns": columns, "geometry": None})
    return Request(contract=request.contract, table=table, partition=request.partition)


def _no_table(request: Request) -> ContractBroken:
    return ContractBroken(
        expected=f"the table {request.table.source}, readable",
        found="no such table, or no right to see it",
        where=request.where,
        next_step="Ask the owner of the source whether it was renamed or the grant taken away.",
    )
