"""Release tables that are partitioned by month, where the header of a dataset asks for it (`partition_by`).

A partition is a month of UTC, as the warehouse keeps time: a question by local month (UTC+7) reads one partition more.
It is made in the transaction that stages the first version of the month, by attaching a table: readers go on meanwhile.
There is no default partition. A row without a month would not be lost but refused, and attaching a month would have to
lock and read through whatever the default holds. Empty partitions stay: detaching one would make readers wait.

How a table was before its dataset asked for partitions, and is moved into them, is here as well.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import psycopg
from psycopg import sql

from connectors.errors import ContractInvalid, PublishedShapeBroken
from connectors.warehouse.connect import connect
from connectors.warehouse.datasets import Dataset
from connectors.warehouse.release_tables import ensure_indexes, partition_clause, read_columns, release_table

# Instants are read in UTC whatever the session says; a date is the day that it is.
_INSTANTS = {"timestamp with time zone": "timezone('UTC', {})", "date": "{}::timestamp"}
_KIND = """
select c.relkind, a.attname
from pg_class as c
left join pg_partitioned_table as p on c.oid = p.partrelid
left join pg_attribute as a on c.oid = a.attrelid and a.attnum = p.partattrs[0]
where c.oid = to_regclass(%s)
"""
_LEAVES = """
select c.relname from pg_partition_tree(to_regclass(%s)) as t inner join pg_class as c on t.relid = c.oid
where t.isleaf order by 1
"""
_INDEXES = """
select c.relname from pg_index as i inner join pg_class as c on i.indexrelid = c.oid where i.indrelid = %s::regclass
"""


def leaves(conn: psycopg.Connection, name: str) -> list[sql.Identifier]:
    """The tables that hold the versions of a dataset: its partitions, or the one table."""
    found = [release_table(leaf) for (leaf,) in conn.execute(_LEAVES, (f"release.{name}",))]
    return found or ([release_table(name)] if _kind(conn, name)[0] == "r" else [])


def ensure_months(conn: psycopg.Connection, name: str, *, rows: str) -> None:
    """Make the partitions that `rows`, what stands behind FROM, will need; nothing for a table without partitions."""
    kind, column = _kind(conn, name)
    if kind == "p" and column is not None:
        for month in _months(conn, name, column, sql.SQL(rows)):
            partition = _partition(name, month)
            if not _exists(conn, partition):
                _attach(conn, release_table(name), partition, month)


def lacks_partitions(conn: psycopg.Connection, dataset: Dataset) -> bool:
    """Whether the dataset asks for partitions that its table was made without. Raises when it asks for others."""
    kind, column = _kind(conn, dataset.name)
    wanted = dataset.partition_by.column if dataset.partition_by else None
    if kind == "p" and column != wanted:
        raise PublishedShapeBroken(
            expected=f"partition_by: {{column: {column}, every: month}}, as the table was made",
            found=f"partition_by: {wanted}",
            where=f"header of the dataset {dataset.name}",
            next_step="Give the declaration back: a table is moved into partitions once, and not back.",
        )
    return kind == "r" and wanted is not None


def copy_into_months(conn: psycopg.Connection, dataset: Dataset) -> None:
    """Copy all versions of a dataset into a partitioned table beside its own, with the same indexes.

    The rows are frozen as they are copied, so that a reader whose snapshot is older than the copy sees them too: to a
    REPEATABLE READ reader rows of a later transaction would be no rows at all. Nobody waits but who wants to write.
    """
    assert dataset.partition_by is not None
    name, column, beside = dataset.name, dataset.partition_by.column, release_table(f"{dataset.name}__by_month")
    conn.execute(sql.SQL("lock table {} in share mode").format(release_table(name)))
    conn.execute(
        sql.SQL("create table {} (like {} including all excluding indexes){}").format(
            beside, release_table(name), partition_clause(dataset)
        )
    )
    months = _months(conn, name, column, release_table(name))
    for month in months:
        _attach(conn, beside, _partition(name, month), month)
    with connect("lt_publisher") as other:
        for month in months:
            _copy_month(conn, other, dataset, month)
    for (index,) in conn.execute(_INDEXES, (f"release.{name}",)).fetchall():
        conn.execute(
            sql.SQL("alter index {} rename to {}").format(release_table(index), sql.Identifier(f"{index[:56]}_before"))
        )
    ensure_indexes(conn, dataset, table=beside)
    conn.execute(sql.SQL("analyze {}").format(beside))


@contextmanager
def in_place_of(conn: psycopg.Connection, name: str) -> Iterator[None]:
    """Put the copy where the table was; within, views are made again, because they know the table and not its name."""
    before, rename = f"{name}__before", sql.SQL("alter table {} rename to {}")
    conn.execute(rename.format(release_table(name), sql.Identifier(before)))
    conn.execute(rename.format(release_table(f"{name}__by_month"), sql.Identifier(name)))
    yield
    conn.execute(sql.SQL("drop table {}").format(release_table(before)))


def _copy_month(conn: psycopg.Connection, other: psycopg.Connection, dataset: Dataset, month: date) -> None:
    assert dataset.partition_by is not None
    columns = read_columns(conn, f"release.{dataset.name}")
    instant = _instant(conn, dataset.name, dataset.partition_by.column)
    names = sql.SQL(", ").join(sql.Identifier(c.name) for c in columns)
    read = sql.SQL("copy (select {} from {} where date_trunc('month', {}) = {}) to stdout (format binary)").format(
        names, release_table(dataset.name), instant, sql.Literal(month)
    )
    write = sql.SQL("copy {} ({}) from stdin (format binary, freeze)").format(
        release_table(_partition(dataset.name, month)), names
    )
    with other.cursor().copy(read) as source, conn.cursor().copy(write) as sink:
        for block in source:
            sink.write(block)


def _kind(conn: psycopg.Connection, name: str) -> tuple[str | None, str | None]:
    """How the table is kept ('r' plain, 'p' partitioned, None not at all), and by which column."""
    row = conn.execute(_KIND, (f"release.{name}",)).fetchone()
    return (row[0], row[1]) if row else (None, None)


def _months(conn: psycopg.Connection, name: str, column: str, rows: sql.Composable) -> list[date]:
    query = sql.SQL("select distinct date_trunc('month', {})::date from {} order by 1")
    found = conn.execute(query.format(_instant(conn, name, column), rows)).fetchall()
    return [month for (month,) in found if month is not None]


def _instant(conn: psycopg.Connection, name: str, column: str) -> sql.Composed:
    kind = next((c.type for c in read_columns(conn, f"release.{name}") if c.name == column), "no column")
    if kind not in _INSTANTS:
        raise ContractInvalid(
            expected=f"partition_by a column of type {' or '.join(sorted(_INSTANTS))}",
            found=f"{column}: {kind}",
            where=f"header of the dataset {name}",
            next_step="Name another key column, or none.",
        )
    return sql.SQL(_INSTANTS[kind]).format(sql.Identifier(column))


def _partition(name: str, month: date) -> str:
    return f"{name}_y{month:%Y}m{month:%m}"


def _exists(conn: psycopg.Connection, table: str) -> bool:
    return conn.execute("select to_regclass(%s) is null", (f"release.{table}",)).fetchone() == (False,)


def _attach(conn: psycopg.Connection, table: sql.Identifier, partition: str, month: date) -> None:
    """Attached and not created as a partition, because that would make all readers of the table wait."""
    after = (month + timedelta(days=31)).replace(day=1)
    conn.execute(sql.SQL("create table {} (like {} including all)").format(release_table(partition), table))
    conn.execute(
        sql.SQL("alter table {} attach partition {} for values from ({}) to ({})").format(
            table,
            release_table(partition),
            sql.Literal(f"{month} 00:00:00+00"),
            sql.Literal(f"{after} 00:00:00+00"),
        )
    )
