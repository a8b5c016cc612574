"""How good data is damaged for one rule: columns set as its page says, or copies, references and releases by its kind.

Everything happens in the transaction of the caller, which takes it back. Damage is data: tables are changed, and the
row check and the gate find out by themselves.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from expectations.guards import relation_name
from expectations.row_sql import sees_other_rows
from expectations.rule_page import rule_page
from expectations.rule_parts import Reference
from expectations.rules import Rule, Rulebook

_VARIED = {"text": "v.{0} || '~' || n", "integer": "v.{0} + n", "bigint": "v.{0} + n", "date": "v.{0} + n"}
_VARIED_HOUR = "v.{0} + n * interval '1 hour'"


@dataclass(frozen=True)
class Bench:
    """Where rules are tried: a connection that may change everything, the rulebooks, and the staged release."""

    conn: psycopg.Connection
    books: Mapping[str, Rulebook]
    release_id: int


def damage(bench: Bench, book: Rulebook, rule: Rule) -> str:
    """Damages the data of a dataset for a rule and says how; raises `LookupError` where nothing is said about it."""
    if rule.depends_on is not None:
        page = rule_page(rule.id)
        told = _set_columns(bench, book, rule) + "; " if page and page.damage else ""
        return told + _hold_parent(bench, book, rule.depends_on)
    if rule.expectation is not None and not rule.is_row_level:
        return _spoil_release(bench, book, rule)
    if sees_other_rows(rule):
        _copy(bench, book, release_table(book), 1)
        _copy(bench, book, relation_name(book), 1)
        return "the row a second time under another key"
    return _set_columns(bench, book, rule)


def release_table(book: Rulebook) -> sql.Identifier:
    """The table of the versions of a dataset."""
    return sql.Identifier("release", book.dataset.name)


def _set_columns(bench: Bench, book: Rulebook, rule: Rule) -> str:
    page = rule_page(rule.id)
    wanted = dict(page.damage) if page else {}
    if not wanted and rule.expectation is not None:
        wanted = _by_type(rule.expectation.type, rule.expectation.arguments)
    if not wanted:
        raise LookupError(f"no damage is written for {rule.id}: add `damage` to its page in expectations/rule_pages")
    values = [sql.SQL("{} = {}").format(sql.Identifier(name), sql.SQL(_plain(wanted[name]))) for name in wanted]
    bench.conn.execute(sql.SQL("update {} set {}").format(relation_name(book), sql.SQL(", ").join(values)))
    # Facts are not published: the gate takes them from the relation, by key.
    if published := [sql.Identifier(name) for name in wanted if name not in book.dataset.facts]:
        same = [sql.SQL("{0} = r.{0}").format(name) for name in published]
        statement = sql.SQL("update {} set {} from {} as r")
        table = release_table(book)
        bench.conn.execute(statement.format(table, sql.SQL(", ").join(same), relation_name(book)))
    return ", ".join(f"{name} = {value}" for name, value in wanted.items())


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _by_type(kind: str, arguments: Mapping[str, object]) -> dict[str, str | int | float | bool]:
    column = str(arguments.get("column", ""))
    if kind == "expect_column_values_to_not_be_null":
        return {column: "null"}
    if kind == "expect_column_values_to_be_between" and arguments.get("max_value") is not None:
        return {column: f"{arguments['max_value']} + 1"}
    return {}


def _hold_parent(bench: Bench, book: Rulebook, reference: Reference) -> str:
    """The record that the good row names becomes a held one of its own dataset."""
    columns = sql.SQL(", ").join(sql.Identifier("r", column) for column in reference.columns)
    bench.conn.execute(
        sql.SQL("""
            insert into quality.row_outcome (dataset, record_key, release_id, outcome, rule_ids, custodian)
            select {parent}, concat_ws('|', {columns}), {release_id}, 'held', array['Z99'], 'chủ quản của bản ghi kia'
            from {relation} as r
            on conflict (dataset, release_id, record_key) do update set outcome = 'held'
        """).format(
            parent=sql.Literal(reference.dataset),
            columns=columns,
            release_id=sql.Literal(bench.release_id),
            relation=relation_name(book),
        )
    )
    return f"the {reference.dataset} that it names is held"


def _spoil_release(bench: Bench, book: Rulebook, rule: Rule) -> str:
    assert rule.expectation is not None
    given, name = rule.expectation.arguments, book.dataset.name
    if rule.expectation.type == "expect_sources_to_be_fresh":
        bench.conn.execute(
            "update release.dataset_release set source_as_of = now() - interval '8 days', max_age = interval '7 days'"
            " where dataset = %s and release_id = %s",
            (name, bench.release_id),
        )
        return "sources read 8 days ago where 7 are allowed"
    if rule.expectation.type == "expect_files_to_end_near_their_name":
        return _end_file_early(bench, book, given)
    if rule.expectation.type == "expect_source_rows_to_be_placed":
        return _lose_lines(bench, book, str(given["source"]))
    if "column" not in given:
        raise LookupError(f"no damage is written for expectations of type {rule.expectation.type}")
    if "near" in given:
        return _shift(bench, book, given, int(given["min_rows"]), given["near"])
    return _shift_little_by_little(bench, book, given)


def _shift(bench: Bench, book: Rulebook, given: Mapping[str, Any], few: int, base: str) -> str:
    """Makes all there is of the release too small, and enough of it."""
    table, ratio = release_table(book), 2 * given["max_ratio"]
    _copy(bench, book, table, few, first=few + 1, opened_in=bench.release_id)
    bench.conn.execute(
        sql.SQL("update {} set {} = {} / {} where from_release = {}").format(
            table, *map(sql.Identifier, (given["column"], base)), sql.Literal(ratio), sql.Literal(bench.release_id)
        )
    )
    return f"{few} new rows with {given['column']} {ratio} times too small"


def _shift_little_by_little(bench: Bench, book: Rulebook, given: Mapping[str, Any]) -> str:
    """As much as is of late is too small, and this release brought one row of it: it was there before the damage."""
    table, ratio, few = release_table(book), 2 * given["max_ratio"], int(given["min_rows"])
    late = int(given.get("hours", few))
    before = sql.Literal(_long_before(bench, given))
    bench.conn.execute(sql.SQL("update {} set from_release = {}").format(table, before))
    _copy(bench, book, table, few)
    _copy(bench, book, table, late, first=few + 1, opened_in=bench.release_id)
    key = sql.Identifier(book.dataset.key[-1])
    column = sql.Identifier(given["column"])
    bench.conn.execute(
        sql.SQL(
            "update {table} set {column} = {column} / {ratio}, from_release = case when {key} ="
            " (select max({key}) from {table}) then from_release else from_release - 1 end where from_release = {now}"
        ).format(table=table, column=column, ratio=sql.Literal(ratio), key=key, now=sql.Literal(bench.release_id))
    )
    return f"{late} rows of late with {given['column']} {ratio} times too small, one of them of this release"


def _long_before(bench: Bench, given: Mapping[str, Any]) -> int:
    return bench.release_id - int(given.get("releases", 1))


def _end_file_early(bench: Bench, book: Rulebook, given: Mapping[str, Any]) -> str:
    bench.conn.execute(
        sql.SQL("update {} set {} = date_trunc('hour', now()), {} = {}").format(
            relation_name(book),
            sql.Identifier(given["time"]),
            sql.Identifier(given["behind"]),
            sql.Literal(given["max_hours"] + 1),
        )
    )
    return f"a file whose last lines came {given['max_hours'] + 1} hours before its name"


def _lose_lines(bench: Bench, book: Rulebook, source: str) -> str:
    bench.conn.execute(
        """
        insert into release.conservation (
            release_id, source, partition, dataset, live_rows, rejected, published, held, superseded, out_of_scope,
            arrived_later
        ) values (%s, %s, 'damaged', %s, 1, 0, 0, 0, 0, 1, 0)
        """,
        (bench.release_id, source, book.dataset.name),
    )
    return f"one row of {source} that no record counts"


def _copy(
    bench: Bench, book: Rulebook, table: sql.Identifier, times: int, *, first: int = 1, opened_in: int | None = None
) -> None:
    """Copies the good row with other keys; `opened_in` makes them versions of a release."""
    key = book.dataset.key[-1]
    kind = _type_of(bench.conn, table, key)
    varied = sql.SQL(_VARIED.get(kind, _VARIED_HOUR)).format(sql.Identifier(key))
    columns = _columns(bench.conn, table)
    values = {name: sql.Identifier("v", name) + sql.SQL("") for name in columns}
    values[key] = varied
    if opened_in is not None:
        values["from_release"] = sql.Literal(opened_in) + sql.SQL("")
    bench.conn.execute(
        sql.SQL(
            "insert into {table} ({names}) select {values} from (select * from {table} limit 1) as v,"
            " generate_series({first}, {last}) as n"
        ).format(
            table=table,
            names=sql.SQL(", ").join(map(sql.Identifier, columns)),
            values=sql.SQL(", ").join(values.values()),
            first=sql.Literal(first),
            last=sql.Literal(first + times - 1),
        )
    )


def _columns(conn: psycopg.Connection, table: sql.Identifier) -> list[str]:
    cursor = conn.execute(sql.SQL("select * from {} limit 0").format(table))
    return [column.name for column in cursor.description or ()]


def _type_of(conn: psycopg.Connection, table: sql.Identifier, column: str) -> str:
    row = conn.execute(
        sql.SQL("select pg_typeof({})::text from {} limit 1").format(sql.Identifier(column), table)
    ).fetchone()
    return str(row[0]) if row else ""
