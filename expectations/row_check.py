"""The row check: one set-based pass per dataset that writes every failing key with all its rule ids.

Great Expectations answers with at most 200 rows by design, so it cannot be the quarantine; this is. The same
predicates go into the suite of the gate (`suite.py`).
"""

import json
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from connectors.errors import ContractInvalid
from connectors.warehouse.lease import Release, fenced_transaction, open_transaction
from connectors.warehouse.ledger import record
from expectations.dependents import hold_dependents, wait_for_others
from expectations.guards import relation_name
from expectations.held_concerns import TOLD_CONCERNS, TOLD_SUGGESTION, about_column, assert_concerns
from expectations.row_sql import failed_ids_sql, rule_predicate, sees_other_rows
from expectations.rules import Rule, Rulebook, load_rulebooks
from expectations.source_accounts import declare_accounts
from expectations.waived_rows import let_through


@dataclass(frozen=True)
class RowCheck:
    """How many rows of a dataset were judged in a release, and how many keys failed in which way."""

    dataset: str
    release_id: int
    rows: int
    held: int
    out_of_scope: int
    warned: int


def check_rows(rulebook: Rulebook, release: Release) -> RowCheck:
    """Writes quality.row_outcome of one dataset for the open release; repeating it replaces what it wrote.

    Raises `ContractInvalid` naming the rule when a rule cannot be evaluated: nothing is written then.
    """
    with fenced_transaction(release, f"row check of {rulebook.dataset.name}") as conn:
        conn.execute("set local jit = off")
        _assert_columns(conn, rulebook)
        wait_for_others(conn, rulebook, release.release_id)
        rows = judge_rows(conn, rulebook, release.release_id)
        _declare(conn, rulebook)
        declare_accounts(conn, rulebook)
        _note(conn, rulebook, release.release_id, rows)
        let_through(conn, rulebook, release.release_id)
        hold_dependents(conn, rulebook, load_rulebooks(), release.release_id)
        counts = _counts(conn, rulebook, release.release_id)
    return RowCheck(rulebook.dataset.name, release.release_id, rows, *counts)


def count_held(release_id: int) -> int:
    """How many rows of all datasets are held: known when all are checked, because a row is held with its record."""
    with open_transaction(f"held rows of release {release_id}") as conn:
        query = "select count(*) from quality.row_outcome where release_id = %s and outcome = 'held'"
        return int(_scalar(conn, query, release_id))


def _note(conn: psycopg.Connection, rulebook: Rulebook, release_id: int, rows: int) -> None:
    conn.execute(
        "insert into quality.row_check as k (dataset, release_id, row_count) values (%s, %s, %s)"
        " on conflict (dataset, release_id) do update set row_count = excluded.row_count, checked_at = now()",
        (rulebook.dataset.name, release_id, rows),
    )


def _counts(conn: psycopg.Connection, rulebook: Rulebook, release_id: int) -> tuple[int, int, int]:
    query = (
        "select count(*) filter (where outcome = 'held'), count(*) filter (where outcome = 'out_of_scope'),"
        " count(*) filter (where outcome = 'warned') from quality.row_outcome where dataset = %s and release_id = %s"
    )
    held, out_of_scope, warned = conn.execute(query, (rulebook.dataset.name, release_id)).fetchone() or (0, 0, 0)
    return held, out_of_scope, warned


_DEFINITION = {"predicate", "expectation", "depends_on", "allow_null"}


def _declare(conn: psycopg.Connection, rulebook: Rulebook) -> None:
    entries = [
        {
            "rule_id": rule.id,
            "severity": rule.severity,
            "definition": rule.model_dump(include=_DEFINITION, exclude_none=True),
            "columns": rule.columns,
            "agency": rulebook.agency_of(rule),
            "legal_basis": rule.legal_basis,
            "message_vi": rule.message.vi,
            "message_en": rule.message.en,
        }
        for rule in rulebook.rules
    ]
    text = json.dumps(entries, ensure_ascii=False, default=str)
    changed = _scalar(conn, "select quality.declare_rules(%s, %s::jsonb)", rulebook.dataset.name, text)
    if changed:
        record(conn, "rules", {"dataset": rulebook.dataset.name, "changed": changed, "rules": len(entries)})


def _assert_columns(conn: psycopg.Connection, rulebook: Rulebook) -> None:
    dataset = rulebook.dataset
    cursor = conn.execute(sql.SQL("select * from {} limit 0").format(relation_name(rulebook)))
    present = {column.name for column in cursor.description or ()}
    named = {column: rule.id for rule in rulebook.rules for column in rule.columns}
    named |= {column: rule.id for rule, reference in rulebook.references for column in reference.columns}
    named |= dict.fromkeys(dataset.facts, "facts") | dict.fromkeys(dataset.key, "key")
    if missing := {column: place for column, place in named.items() if column not in present}:
        raise ContractInvalid(
            expected=f"columns that {dataset.relation} has",
            found=", ".join(f"{column} (in {place})" for column, place in sorted(missing.items())),
            where=str(rulebook.path),
            next_step="Correct the rulebook, or add the column to the model.",
        )


def judge_rows(conn: psycopg.Connection, rulebook: Rulebook, release_id: int) -> int:
    """Writes the failing keys of a dataset in the caller's transaction; answers how many rows were judged."""
    rows = _judge(conn, rulebook)
    _write(conn, rulebook, release_id)
    return rows


def _judge(conn: psycopg.Connection, rulebook: Rulebook) -> int:
    """Puts the failing keys into a temporary table and answers how many rows were judged."""
    try:
        conn.execute(
            (_JUDGE_ALL if any(map(sees_other_rows, rulebook.row_rules)) else _JUDGE).format(
                record_key=sql.SQL(rulebook.dataset.record_key_sql("r")),
                rule_ids=sql.SQL(failed_ids_sql(rulebook.row_rules)),
                about=about_column(rulebook),
                all_kept=sql.SQL(" and ".join(map(rule_predicate, rulebook.row_rules)) or "true"),
                relation=relation_name(rulebook),
            )
        )
    except (psycopg.ProgrammingError, psycopg.DataError) as error:
        conn.rollback()
        raise _unusable(conn, rulebook, error) from error
    return int(_scalar(conn, sql.SQL("select count(*) from {}").format(relation_name(rulebook))))


# The list of failed rules, and what the row is about, is put together for the few rows that do not keep all. `create
# table as` may use parallel workers, `insert … select` may not.
_JUDGE = sql.SQL("""
create temporary table failing on commit drop as
select {record_key} as record_key, {rule_ids} as rule_ids, {about} from {relation} as r where ({all_kept}) is not true
""")
# A rule that looks at other rows cannot stand in a condition; `offset 0` keeps the planner from evaluating it twice.
_JUDGE_ALL = sql.SQL("""
create temporary table failing on commit drop as
select r._record_key as record_key, r._rule_ids as rule_ids, {about} from (
    select {record_key} as _record_key, {rule_ids} as _rule_ids, r.* from {relation} as r offset 0
) as r
where cardinality(r._rule_ids) > 0
""")


def _write(conn: psycopg.Connection, rulebook: Rulebook, release_id: int) -> None:
    name = rulebook.dataset.name
    conn.execute("delete from quality.row_outcome where dataset = %s and release_id = %s", (name, release_id))
    conn.execute(
        _WRITE,
        {
            "dataset": name,
            "release_id": release_id,
            "hold": [rule.id for rule in rulebook.row_rules if rule.severity == "hold"],
            "scope": [rule.id for rule in rulebook.row_rules if rule.severity == "scope"],
            "agencies": json.dumps({rule.id: rulebook.agency_of(rule) for rule in rulebook.row_rules}),
            "owner": rulebook.dataset.owner,
        },
    )


# Since when: carried over from the release this one builds on, or from an attempt after it that was abandoned.
# Rows that share a record key (a defect that G03 blocks) are written once with the rules of all of them.
_WRITE = sql.SQL("""
with judged as (
    select
        f.record_key,
        array_agg(distinct i.rule_id order by i.rule_id) as rule_ids,
        (array_agg(f.about))[1] as about
    from failing as f cross join unnest(f.rule_ids) as i (rule_id)
    group by f.record_key
),
outcome as (
    select
        record_key,
        rule_ids,
        {concerns} as concerns,
        {suggestion} as suggestion,
        case
            when rule_ids && %(hold)s::text[] then 'held'
            when rule_ids && %(scope)s::text[] then 'out_of_scope'
            else 'warned'
        end as outcome,
        (
            select i.rule_id from unnest(rule_ids) as i (rule_id)
            order by i.rule_id = any(%(hold)s::text[]) desc, i.rule_id = any(%(scope)s::text[]) desc, i.rule_id
            limit 1
        ) as decisive_rule
    from judged
),
seen_before as (
    select record_key, outcome, min(first_seen_at) as first_seen_at
    from quality.row_outcome
    where
        dataset = %(dataset)s and release_id < %(release_id)s
        and release_id >= coalesce((select base_release from release.release where release_id = %(release_id)s), 0)
    group by record_key, outcome
)
insert into quality.row_outcome (
    dataset, record_key, release_id, outcome, rule_ids, custodian, first_seen_at, concerns, suggestion
)
select
    %(dataset)s, o.record_key, %(release_id)s, o.outcome, o.rule_ids,
    coalesce(%(agencies)s::jsonb ->> o.decisive_rule, %(owner)s), coalesce(s.first_seen_at, now()),
    o.concerns, o.suggestion
from outcome as o
left join seen_before as s on o.record_key = s.record_key and o.outcome = s.outcome
""").format(
    concerns=TOLD_CONCERNS.format(about=sql.Identifier("about")),
    suggestion=TOLD_SUGGESTION.format(about=sql.Identifier("about"), rule_ids=sql.Identifier("rule_ids")),
)


def _unusable(conn: psycopg.Connection, rulebook: Rulebook, error: psycopg.Error) -> ContractInvalid:
    """The error that names the rules which cannot be evaluated, found by trying each alone."""
    broken = [rule.id for rule in rulebook.row_rules if not _evaluates(conn, rulebook, rule)]
    if not broken:
        assert_concerns(conn, rulebook)
    # Only the first line: a detail line of the server may quote a value.
    first_line = str(error).splitlines()[0] if error.sqlstate and error.sqlstate.startswith("42") else ""
    return ContractInvalid(
        expected=f"rules that can be evaluated on {rulebook.dataset.relation}",
        found=f"{', '.join(broken) or 'the set of rules'}: {type(error).__name__} {first_line}".strip(),
        where=str(rulebook.path),
        next_step="Correct the predicate or the model; nothing of this release is published.",
    )


def _evaluates(conn: psycopg.Connection, rulebook: Rulebook, rule: Rule) -> bool:
    query = sql.SQL("select count(*) from (select {} is true as kept from {}) as r where not kept")
    try:
        with conn.transaction(force_rollback=True):
            conn.execute(query.format(sql.SQL(rule_predicate(rule)), relation_name(rulebook)))
    except psycopg.Error:
        return False
    return True


def _scalar(conn: psycopg.Connection, query: str | sql.Composed, *values: Any) -> Any:
    row = conn.execute(query, values or None).fetchone()
    return row[0] if row else None
