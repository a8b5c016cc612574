"""The trial of every rule: damage, the verdict of the row check with that rule alone, the verdict of the gate, undo."""

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
from psycopg import sql

from connectors.settings import warehouse_dsn
from connectors.warehouse import releases
from expectations.dependents import hold_dependents, reference_predicate
from expectations.guards import GUARDS
from expectations.release_queries import release_query
from expectations.row_check import check_rows, judge_rows
from expectations.row_sql import broken_rows_sql, failed_ids_sql, rows_breaking_sql
from expectations.rules import Rule, Rulebook, load_rulebooks
from expectations.selftest.damage import Bench, damage
from expectations.selftest.good_rows import make_relation
from expectations.selftest.guard_damage import GUARD_DAMAGE
from expectations.staged_rows import staged_rows_sql

_OUTCOME = {"hold": "held", "block": "warned", "warn": "warned", "scope": "out_of_scope"}


@dataclass(frozen=True)
class Trial:
    """What came of damaging data for one rule; `also` are other rules of the dataset that noticed."""

    rule_id: str
    dataset: str
    severity: str
    damaged: str
    outcome: str
    is_noticed: bool
    also: tuple[str, ...] = ()


def prepare(admin_dsn: str) -> Bench:
    """Makes all relations with their good rows, judges and stages them; good rows must not be noticed by any rule."""
    books = load_rulebooks()
    with psycopg.connect(warehouse_dsn("lt_builder"), autocommit=True) as builder:
        for book in books.values():
            make_relation(builder, book)
    release = releases.open_release({})
    for book in books.values():
        check_rows(book, release)
    conn = psycopg.connect(admin_dsn)
    noticed = conn.execute(
        "select dataset, rule_ids::text from quality.row_outcome where release_id = %s", (release.release_id,)
    ).fetchall()
    if noticed:
        raise AssertionError(f"good rows are noticed: {noticed}; see expectations/selftest/good_rows.py")
    for book in books.values():
        releases.stage(release, book.dataset)
    return Bench(conn, books, release.release_id)


def try_all(bench: Bench) -> Iterator[Trial]:
    """One trial per rule of every dataset, and per guard and dataset."""
    for book in bench.books.values():
        for rule in sorted(book.rules, key=lambda rule: rule.id):
            with bench.conn.transaction(force_rollback=True):
                yield _try_rule(bench, book, rule)
        for guard in GUARDS:
            damaged, notices = GUARD_DAMAGE[guard]
            with bench.conn.transaction(force_rollback=True):
                noticed = notices(bench, book)
            yield Trial(guard, book.dataset.name, "block", damaged, "blocked" if noticed else "NOT NOTICED", noticed)


def _try_rule(bench: Bench, book: Rulebook, rule: Rule) -> Trial:
    name = book.dataset.name
    try:
        damaged = damage(bench, book, rule)
    except LookupError as error:
        return Trial(rule.id, name, rule.severity, str(error), "NO DAMAGE", is_noticed=False)
    alone = book.model_copy(update={"rules": (rule,)})
    in_gate = _count(bench, _gate_query(alone, rule, bench.release_id))
    if rule.is_row_level or rule.depends_on:
        outcome = _row_outcome(bench, alone)
        noticed = outcome == _OUTCOME[rule.severity] and in_gate > 0
    else:
        outcome, noticed = ("blocked" if rule.severity == "block" else "warned"), in_gate > 0
    outcome = "blocked" if noticed and rule.severity == "block" else outcome
    said = outcome if noticed else f"NOT NOTICED (row check: {outcome}, gate: {in_gate})"
    return Trial(rule.id, name, rule.severity, damaged, said, noticed, _others(bench, book, rule))


def _row_outcome(bench: Bench, book: Rulebook) -> str:
    """What the row check alone makes of the dataset when the rulebook has this rule only."""
    judge_rows(bench.conn, book, bench.release_id)
    hold_dependents(bench.conn, book, {**bench.books, book.dataset.name: book}, bench.release_id)
    row = bench.conn.execute(
        "select min(outcome) from quality.row_outcome where dataset = %s and release_id = %s and rule_ids = %s",
        (book.dataset.name, bench.release_id, [rule.id for rule in book.rules]),
    ).fetchone()
    return str(row[0]) if row and row[0] else "nothing"


def _gate_query(book: Rulebook, rule: Rule, release_id: int) -> str:
    if rule.depends_on is not None:
        return rows_breaking_sql(reference_predicate(rule.depends_on, release_id), staged_rows_sql(book))
    if rule.expectation is not None and not rule.is_row_level:
        return release_query(rule.expectation.type, rule.expectation.arguments, book.dataset, release_id)
    return broken_rows_sql(rule, staged_rows_sql(book))


def _others(bench: Bench, book: Rulebook, rule: Rule) -> tuple[str, ...]:
    """Other rules of the dataset that notice the damage as well."""
    others = [other for other in book.row_rules if other.id != rule.id]
    if not others:
        return ()
    rows = bench.conn.execute(
        sql.SQL(
            "select distinct i from (select {ids} as ids from {relation}) as r, unnest(ids) as i order by 1"
        ).format(ids=sql.SQL(failed_ids_sql(others)), relation=sql.Identifier(*book.dataset.relation.split(".")))
    )
    return tuple(i for (i,) in rows)


def _count(bench: Bench, query: str) -> int:
    row = bench.conn.execute(sql.SQL("select {}").format(sql.SQL(query))).fetchone()
    return int(row[0]) if row else 0
