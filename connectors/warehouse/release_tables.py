"""The tables `release.<dataset>`: derived from the relation of a dataset, and extended when it gets a column.

Rows are written in `stage.py`; what readers see of them is in `shared_views.py`.
"""

from dataclasses import dataclass

import psycopg
from psycopg import sql

from connectors.errors import ContractInvalid, PublishedShapeBroken
from connectors.warehouse.datasets import Dataset

OPEN_END = 9223372036854775807
RELEASE_COLUMNS = ("is_held", "row_hash", "from_release", "to_release")
_RESERVED = {*RELEASE_COLUMNS, "source_as_of"} - {"row_hash"}
_COLUMNS = """
select a.attname, format_type(a.atttypid, a.atttypmod), col_description(a.attrelid, a.attnum)
from pg_attribute as a
where a.attrelid = to_regclass(%s) and a.attnum > 0 and not a.attisdropped
order by a.attnum
"""


@dataclass(frozen=True)
class Column:
    """A published column; `constant` is its SQL text where the relation does not have the column."""

    name: str
    type: str
    meaning: str | None = None
    constant: str | None = None


def read_columns(conn: psycopg.Connection, relation: str) -> tuple[Column, ...]:
    """The columns of a relation in their order; empty when there is no such relation."""
    return tuple(Column(*row) for row in conn.execute(_COLUMNS, (relation,)))


def published_columns(conn: psycopg.Connection, dataset: Dataset) -> tuple[Column, ...]:
    """What a dataset publishes: the columns of its relation but the facts, and the three every dataset carries."""
    present = {c.name: c for c in read_columns(conn, dataset.relation)}
    missing = {*dataset.key, *dataset.facts, "row_hash"} - present.keys()
    if missing:
        raise _invalid(dataset, f"the columns {', '.join(sorted(missing))}", "a relation without them, or none at all")
    reserved = _RESERVED & (present.keys() - set(dataset.facts))
    if reserved:
        raise _invalid(dataset, "no column that the release itself adds", ", ".join(sorted(reserved)))
    hidden = {*dataset.facts, "row_hash"}
    columns = [c for c in present.values() if c.name not in hidden]
    names = {c.name for c in columns}
    return (*columns, *(c for c in _carried(dataset) if c.name not in names))


def ensure_release_table(conn: psycopg.Connection, dataset: Dataset) -> bool:
    """Create or extend `release.<dataset>`; true when something was done.

    Only additions are possible: a column that is gone, or has another type, raises `PublishedShapeBroken`. Digits may
    be added to a number before (`unlimited_numbers.py`).
    """
    wanted = published_columns(conn, dataset)
    existing = {c.name: c for c in read_columns(conn, f"release.{dataset.name}")}
    if not existing:
        _create(conn, dataset, wanted)
        return True
    _check_shape(dataset, wanted, existing)
    added = [c for c in wanted if c.name not in existing]
    for column in added:
        conn.execute(
            sql.SQL("alter table {} add column {} {}").format(
                release_table(dataset.name), sql.Identifier(column.name), sql.SQL(column.type)
            )
        )
    return bool(added)


def ensure_indexes(conn: psycopg.Connection, dataset: Dataset, *, table: sql.Identifier | None = None) -> None:
    """Create what is missing of the indexes; after the first rows are in, because that is several times faster.

    `table` is one that shall take the place of `release.<dataset>`, with the indexes of that name.
    """
    key = sql.SQL(", ").join(map(sql.Identifier, (*dataset.key, "to_release")))
    bodies = {
        "key": sql.SQL("({})").format(key),
        "closed": sql.SQL("(to_release) where to_release < {}").format(sql.Literal(OPEN_END)),
    }
    # None on from_release: the planner would add it to a search by place, at the cost of the whole index.
    # Over all versions, because a partial index cannot serve a view that compares with the pointer.
    for column in read_columns(conn, f"release.{dataset.name}"):
        if column.type.startswith(("geometry", "geography")):
            bodies[column.name] = sql.SQL("using gist ({})").format(sql.Identifier(column.name))
        elif column.type.endswith("[]"):
            # Without a pending list, which every search would read through until the next vacuum.
            bodies[column.name] = sql.SQL("using gin ({}) with (fastupdate = off)").format(sql.Identifier(column.name))
    for columns in _lookups(conn, dataset.name):
        bodies["by_" + "_".join(columns)] = sql.SQL("({})").format(sql.SQL(", ").join(map(sql.Identifier, columns)))
    for suffix, body in bodies.items():
        name = f"{dataset.name}_{suffix if suffix.startswith('by_') else suffix[:14]}"[:63]
        if conn.execute("select to_regclass(%s) is null", (f"release.{name}",)).fetchone() == (True,):
            kind = sql.SQL("unique index" if suffix == "key" else "index")
            conn.execute(
                sql.SQL("create {} {} on {} {}").format(
                    kind, sql.Identifier(name), table or release_table(dataset.name), body
                )
            )


def _lookups(conn: psycopg.Connection, name: str) -> list[list[str]]:
    """The lists of columns by which the dataset is searched, as far as it has them."""
    present = {c.name for c in read_columns(conn, f"release.{name}")}
    rows = conn.execute("select columns from release.lookup where dataset = %s order by columns", (name,)).fetchall()
    return [columns for (columns,) in rows if present.issuperset(columns)]


def release_table(name: str) -> sql.Identifier:
    """The SQL name of the table of a dataset."""
    return sql.Identifier("release", name)


def partition_clause(dataset: Dataset) -> sql.Composable:
    """What stands behind the columns of a partitioned table; nothing where the dataset asks for no partitions."""
    if dataset.partition_by is None:
        return sql.SQL("")
    return sql.SQL(" partition by range ({})").format(sql.Identifier(dataset.partition_by.column))


def _create(conn: psycopg.Connection, dataset: Dataset, columns: tuple[Column, ...]) -> None:
    parts = [
        sql.SQL("{} {}{}").format(
            sql.Identifier(c.name), sql.SQL(c.type), sql.SQL(" not null" if c.name in dataset.key else "")
        )
        for c in columns
    ]
    conn.execute(
        sql.SQL(
            "create table {} ({}, is_held boolean not null, row_hash bytea not null, "
            "from_release bigint not null, to_release bigint not null, check (from_release < to_release)){}"
        ).format(release_table(dataset.name), sql.SQL(", ").join(parts), partition_clause(dataset))
    )


def _carried(dataset: Dataset) -> tuple[Column, ...]:
    systems = sql.Literal(", ".join(dataset.source_systems)).as_string(None)
    return (
        Column("source_system", "text", "source system", f"{systems}::text"),
        Column("valid_from", "date", "valid from", "null::date"),
        Column("valid_to", "date", "valid to", "null::date"),
    )


def _check_shape(dataset: Dataset, wanted: tuple[Column, ...], existing: dict[str, Column]) -> None:
    names = {c.name for c in wanted}
    faults = [f"{name} is gone" for name in existing if name not in names and name not in RELEASE_COLUMNS]
    faults += [
        f"{c.name} is {c.type} and was {existing[c.name].type}"
        for c in wanted
        if c.name in existing and existing[c.name].type != c.type
    ]
    if faults:
        raise PublishedShapeBroken(
            expected="only added columns: consumers rely on the others",
            found="; ".join(faults),
            where=f"{dataset.relation}, published as shared.{dataset.name}",
            next_step=f"Give the columns back, or publish the new shape beside it as {dataset.name}_v2.",
        )


def _invalid(dataset: Dataset, expected: str, found: str) -> ContractInvalid:
    return ContractInvalid(
        expected=expected,
        found=found,
        where=f"{dataset.relation}, relation of the dataset {dataset.name}",
        next_step="Build the model, or correct relation, key and facts in the dataset's rules file.",
    )
