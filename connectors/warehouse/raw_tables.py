"""The raw tables, derived from the contracts: `raw.<system>__<table>`.

They are made, and new columns are added; nothing is ever dropped here. Filling them is in `load.py`.
"""

import psycopg
from psycopg import sql

from connectors.contracts import SourceContract, TableContract, load_contracts
from connectors.errors import ContractInvalid
from connectors.warehouse.connect import connect, translated

BOOKKEEPING = {
    "_row_hash": "bytea not null",
    "_batch_id": "bigint not null",
    "_change_no": "bigint not null",
    "_loaded_at": "timestamptz not null",
    "_deleted_at": "timestamptz",
}


def raw_table_name(system: str, table: str) -> str:
    """The name of the raw table within schema raw."""
    return f"{system}__{table}"


def ensure_all_raw_tables() -> None:
    """Makes the raw tables of every contract, so that dbt can build before the first load. Repeatable."""
    with connect("lt_loader") as conn:
        for contract in load_contracts().values():
            ensure_raw_tables(conn, contract)


def ensure_raw_tables(conn: psycopg.Connection, contract: SourceContract) -> None:
    """Makes the raw tables of a contract and adds columns that it gained, in one transaction.

    A column whose type changed is `ContractInvalid`: rows already loaded would have to be converted by a person.
    """
    with translated(f"raw tables of {contract.system}"), conn.transaction():
        conn.execute("select pg_advisory_xact_lock(hashtextextended('raw tables', 0))")
        for table in contract.tables:
            present = _present_columns(conn, raw_table_name(contract.system, table.name))
            if present:
                _add_columns(conn, contract, table, present)
                _add_indexes(conn, raw_table_name(contract.system, table.name), _wanted_indexes(contract, table))
                _analyze_grown(conn, raw_table_name(contract.system, table.name))
            else:
                _create(conn, contract, table)


def column_definitions(table: TableContract) -> dict[str, str]:
    """The columns of a table by name, as PostgreSQL types, the geometry column last."""
    columns = {column.name: column.typed.sql for column in table.columns}
    return columns | ({table.geometry.column: "geometry"} if table.geometry else {})


def _present_columns(conn: psycopg.Connection, name: str) -> dict[str, str]:
    rows = conn.execute(
        """
        select a.attname, format_type(a.atttypid, a.atttypmod) from pg_attribute as a
        where a.attrelid = to_regclass(format('raw.%%I', %s::text)) and a.attnum > 0 and not a.attisdropped
        """,
        [name],
    )
    return dict(rows.fetchall())


def _create(conn: psycopg.Connection, contract: SourceContract, table: TableContract) -> None:
    name = sql.Identifier("raw", raw_table_name(contract.system, table.name))
    definitions = column_definitions(table) | BOOKKEEPING
    columns = [sql.SQL("{} {}").format(sql.Identifier(n), sql.SQL(kind)) for n, kind in definitions.items()]
    key = sql.SQL("primary key ({})").format(sql.SQL(", ").join(map(sql.Identifier, table.key)))
    conn.execute(sql.SQL("create table {} ({})").format(name, sql.SQL(", ").join([*columns, key])))
    grain = f"{table.meaning} Grain: one row per {', '.join(table.key)} that the source has or had."
    conn.execute(sql.SQL("comment on table {} is {}").format(name, sql.Literal(grain)))
    conn.execute(sql.SQL("grant select on {} to lt_builder").format(name))
    for column in table.columns:
        _comment(conn, name, column.name, f"{column.meaning}{f' [{column.unit}]' if column.unit else ''}")


def _comment(conn: psycopg.Connection, table: sql.Identifier, column: str, text: str) -> None:
    place = sql.SQL("{}.{}").format(table, sql.Identifier(column))
    conn.execute(sql.SQL("comment on column {} is {}").format(place, sql.Literal(text)))


def _add_columns(
    conn: psycopg.Connection, contract: SourceContract, table: TableContract, present: dict[str, str]
) -> None:
    name = raw_table_name(contract.system, table.name)
    for column, kind in column_definitions(table).items():
        if column not in present:
            statement = sql.SQL("alter table {} add column {} {}")
            conn.execute(statement.format(sql.Identifier("raw", name), sql.Identifier(column), sql.SQL(kind)))
        elif present[column] != _shown(kind):
            raise ContractInvalid(
                expected=f"{column} of raw.{name} as {present[column]}, the type it was loaded with",
                found=f"{kind} in the contract",
                where=f"connectors/sources/{contract.system}.yml",
                next_step="Name the new column differently, or convert the raw table by a reviewed migration.",
            )


def _wanted_indexes(contract: SourceContract, table: TableContract) -> dict[str, sql.Composable]:
    """By name, what the indexes of a raw table are on: the columns by which the build finds rows again.

    A table that only grows is also searched for what came since, by the number of the change. The live rows of a
    partition are counted at every load.
    """
    name = raw_table_name(contract.system, table.name)
    columns = [*table.indexes, *(["_change_no"] if table.mode == "append" else [])]
    wanted: dict[str, sql.Composable] = {
        f"{name}__{column.strip('_')}": sql.SQL("({})").format(sql.Identifier(column)) for column in columns
    }
    if contract.partitions:
        live = sql.SQL("({}) where _deleted_at is null").format(sql.Identifier(contract.partitions.column))
        wanted[f"{name}__live"] = live
    return wanted


def _add_indexes(conn: psycopg.Connection, name: str, wanted: dict[str, sql.Composable]) -> None:
    """Makes the indexes that are missing; not before the first load, which is faster without."""
    for index, body in wanted.items():
        # looked up first: `create index if not exists` waits for the loads at work even where it has nothing to do
        place = sql.Identifier("raw", name)
        query = sql.SQL("select to_regclass(%s) is null and exists (select from {})").format(place)
        if conn.execute(query, (f'raw."{index}"',)).fetchone() == (True,):
            conn.execute(sql.SQL("create index {} on {} {}").format(sql.Identifier(index), place, body))


def _analyze_grown(conn: psycopg.Connection, name: str) -> None:
    """Gather statistics of a table that is new or has grown by a fifth: the build must not be planned for an empty one.

    The server would do so by itself, a minute too late for the build that follows the load.
    """
    query = """
        select reltuples < 0 or pg_relation_size(oid) > 1.2 * greatest(relpages, 1) * 8192
        from pg_class where oid = to_regclass(%s) and pg_relation_size(oid) > 0
    """
    if conn.execute(query, (f'raw."{name}"',)).fetchone() == (True,):
        conn.execute(sql.SQL("analyze {}").format(sql.Identifier("raw", name)))


def _shown(kind: str) -> str:
    return {"timestamptz": "timestamp with time zone", "timestamp": "timestamp without time zone"}.get(kind, kind)
