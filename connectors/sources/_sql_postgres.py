"""PostgreSQL as a source: one REPEATABLE READ snapshot over ADBC, large answers by binary COPY."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import adbc_driver_manager
import adbc_driver_postgresql.dbapi as adbc
import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from connectors.errors import ContractBroken, LienThongError, SettingMissing, SourceUnavailable, Stop
from connectors.sources._retry import retried

_OPTIONS = {
    "connect_timeout": "10",
    "tcp_user_timeout": "60000",
    "application_name": "lienthong",
    "options": "-c timezone=UTC -c datestyle=ISO -c statement_timeout=15min -c lock_timeout=30s",
}
_NAMES = {
    "smallint": "smallint",
    "integer": "integer",
    "bigint": "bigint",
    "double precision": "double",
    "timestamp with time zone": "timestamptz",
    "timestamp without time zone": "timestamp",
    "character varying": "text",
    "character": "text",
    "citext": "text",
    "uuid": "text",
    "name": "text",
}
_PASSING = ("08", "40", "53", "55P03", "57")  # connection, rollback, resources, lock, operator intervention
_REFUSED = ("authentication failed", "no password supplied", "no pg_hba.conf entry", "does not exist")


class PostgresDatabase:
    """An open snapshot of a PostgreSQL database. ADBC would hand over some kinds of text as opaque bytes."""

    casts_text = True

    def __init__(self, url: str, *, where: str) -> None:
        self._where = where
        self._dialect = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]
        self._connection = retried(lambda: self._connect(_with_options(url)))

    def column_types(self, name: str) -> dict[str, str]:
        """The columns of a table from the catalogue; geometry as `geometry`."""
        attribute = sa.table(
            "pg_attribute", *map(sa.column, ("attname", "atttypid", "atttypmod", "attrelid", "attnum", "attisdropped"))
        )
        schema, _, table = name.rpartition(".")
        shown = f'"{schema}"."{table}"' if schema else f'"{table}"'
        statement = (
            sa.select(attribute.c.attname, sa.func.format_type(attribute.c.atttypid, attribute.c.atttypmod))
            .where(attribute.c.attrelid == sa.cast(sa.func.to_regclass(shown), postgresql.OID))
            .where(attribute.c.attnum > 0, sa.not_(attribute.c.attisdropped))
        )
        return {column: _contract_type(kind) for column, kind in self.fetch(statement)}

    def instant(self, column: str, value: datetime) -> sa.ColumnElement[Any]:
        """A literal with its offset; a local time stays one."""
        kind = sa.DateTime(timezone=value.tzinfo is not None)
        return sa.cast(sa.literal(value.isoformat(), sa.Text), kind)

    def fetch(self, statement: sa.Select[Any]) -> list[tuple[Any, ...]]:
        """All rows of a small answer."""
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(self._text(statement))
                rows: list[tuple[Any, ...]] = cursor.fetchall()
                return rows
        except adbc_driver_manager.Error as error:
            raise _translated(error, self._where) from error

    def stream(self, statement: sa.Select[Any], types: dict[str, Any]) -> Iterator[pa.RecordBatch]:
        """The rows as the server sends them, about 16 MB a batch."""
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(self._text(statement))
                yield from cursor.fetch_record_batch()
        except (adbc_driver_manager.Error, OSError) as error:
            raise _translated(error, self._where) from error

    def close(self) -> None:
        """Ends the snapshot and the connection; a connection that is already broken is simply gone."""
        try:
            self._connection.close()
        except adbc_driver_manager.Error:
            return

    def _connect(self, url: str) -> adbc.Connection:
        try:
            connection = adbc.connect(url, autocommit=False)
            with connection.cursor() as cursor:
                cursor.execute("set transaction isolation level repeatable read read only")
        except adbc_driver_manager.Error as error:
            raise _translated(error, self._where) from error
        return connection

    def _text(self, statement: sa.Select[Any]) -> str:
        return str(statement.compile(dialect=self._dialect, compile_kwargs={"literal_binds": True}))


def _with_options(url: str) -> str:
    parts = urlsplit(url)
    scheme = parts.scheme.partition("+")[0]
    query = urlencode({**_OPTIONS, **dict(parse_qsl(parts.query))}).replace("+", "%20")
    return urlunsplit((scheme, parts.netloc, parts.path, query, ""))


def _contract_type(kind: str) -> str:
    if kind.startswith("numeric"):
        return kind
    plain = kind.partition("(")[0]
    if kind.startswith("timestamp("):
        plain = f"timestamp{kind.partition(')')[2]}"
    return _NAMES.get(plain, "geometry" if plain == "geometry" else kind)


def _translated(error: Exception, where: str) -> LienThongError:
    state = str(getattr(error, "sqlstate", None) or "")
    found = str(error).split("\n\nQuery was:")[0].strip().replace("\n", " ")
    kind: type[LienThongError] = Stop
    if any(text in found for text in _REFUSED) and not state:
        kind = SettingMissing
    elif not state or state.startswith(_PASSING):
        kind = SourceUnavailable
    elif state.startswith("42"):
        kind = ContractBroken
    return kind(
        expected="an answer from the source database",
        found=f"{found[:300]}{f' (SQLSTATE {state})' if state else ''}",
        where=where,
        next_step="Nothing was loaded; the last good data stays. "
        + ("Try again later." if kind is SourceUnavailable else "Check the connection, the grants and the contract."),
    )
