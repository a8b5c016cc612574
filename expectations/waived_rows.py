"""Waivers at work: the failures they reach are let through, noted in quality.waived and recorded in the ledger.

The failing rule stays in `rule_ids` of the record, so it is counted, reported and sent to its agency as before; only
the outcome changes, as if the rule had warned. What a waiver is and when it holds: `waivers.py`.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import psycopg
from psycopg import sql

from connectors.warehouse.ledger import record
from expectations.record_places import commune_sql, read_columns_of, same_record_sql
from expectations.rules import Rule, Rulebook, load_rulebooks
from expectations.waivers import Scope, Waiver, load_waivers, local_day

_NOTE = sql.SQL("""
insert into quality.waived (dataset, release_id, record_key, rule_id, waiver_id)
select f.dataset, f.release_id, f.record_key, {rule}, {waiver}
from quality.row_outcome as f
where f.dataset = {dataset} and f.release_id = {release_id} and {rule} = any(f.rule_ids) and {reached}
on conflict do nothing
""")
_IN_COMMUNES = sql.SQL("exists (select from {relation} as r {join} where {same} and {commune} = any({codes}))")
_OUTCOMES = """
update quality.row_outcome as o
set outcome = case
    when r.rest && %(hold)s::text[] then 'held' when r.rest && %(scope)s::text[] then 'out_of_scope' else 'warned'
end
from (
    select w.record_key, array(
        select i from unnest(f.rule_ids) as i where i <> all(array_agg(w.rule_id))
    ) as rest
    from quality.waived as w
    inner join quality.row_outcome as f
        on w.dataset = f.dataset and w.release_id = f.release_id and w.record_key = f.record_key
    where w.dataset = %(dataset)s and w.release_id = %(release_id)s
    group by w.record_key, f.rule_ids
) as r
where o.dataset = %(dataset)s and o.release_id = %(release_id)s and o.record_key = r.record_key
"""


def let_through(conn: psycopg.Connection, rulebook: Rulebook, release_id: int) -> dict[str, int]:
    """Applies the waivers in force to the failures of a dataset that was just judged; answers keys per waiver.

    In the transaction of the row check, with its ledger entry. Repeating it replaces what it noted. A waiver whose last
    day is over is not applied, nor one of a rule that judges no single rows: those are for the gate (`is_waived`).
    """
    name = rulebook.dataset.name
    conn.execute("delete from quality.waived where dataset = %s and release_id = %s", (name, release_id))
    applied = {}
    in_force = _in_force(conn, rulebook, release_id)
    for waiver in in_force:
        applied[waiver.id] = conn.execute(_note(conn, rulebook, waiver, release_id)).rowcount
    if any(applied.values()):
        conn.execute(_OUTCOMES, {"dataset": name, "release_id": release_id, **_severities(rulebook)})
    if applied:
        granted = [waiver.model_dump(mode="json") for waiver in in_force]
        record(conn, "waivers", {"release_id": release_id, "dataset": name, "applied": applied, "waivers": granted})
    return applied


def allow_waived(rulebook: Rulebook, rule: Rule, predicate: str, release_id: int) -> str:
    """The predicate of a rule for the gate: rows that a waiver lets through keep it."""
    if not any(w.rule == rule.id and w.dataset == rulebook.dataset.name for w in load_waivers()):
        return predicate
    # Without an alias: Great Expectations names the rows as it likes.
    key = sql.SQL("concat_ws('|', {})").format(sql.SQL(", ").join(map(sql.Identifier, rulebook.dataset.key)))
    waived = sql.SQL(
        "({predicate} or {key} in (select w.record_key from quality.waived as w"
        " where w.dataset = {dataset} and w.release_id = {release_id} and w.rule_id = {rule}))"
    )
    return waived.format(
        predicate=sql.SQL(predicate),
        key=key,
        dataset=sql.Literal(rulebook.dataset.name),
        release_id=sql.Literal(release_id),
        rule=sql.Literal(rule.id),
    ).as_string(None)


def is_waived(conn: psycopg.Connection, rulebook: Rulebook, rule: Rule, release_id: int) -> bool:
    """Whether a rule over the whole dataset is waived, with scope `all`: it then only warns."""
    found = _in_force(conn, rulebook, release_id)
    return not rule.is_row_level and any(w.rule == rule.id and w.scope == "all" for w in found)


def _in_force(conn: psycopg.Connection, rulebook: Rulebook, release_id: int) -> Sequence[Waiver]:
    """The waivers of a dataset on the day, in Vietnam, on which the release was opened."""
    mine = [waiver for waiver in load_waivers() if waiver.dataset == rulebook.dataset.name]
    if not mine:
        return []
    row = conn.execute("select opened_at from release.release where release_id = %s", (release_id,)).fetchone()
    assert row is not None, f"there is no release {release_id}"
    day = local_day(row[0])
    return [waiver for waiver in mine if waiver.holds_on(day)]


def _note(conn: psycopg.Connection, rulebook: Rulebook, waiver: Waiver, release_id: int) -> sql.Composed:
    return _NOTE.format(
        rule=sql.Literal(waiver.rule),
        waiver=sql.Literal(waiver.id),
        dataset=sql.Literal(rulebook.dataset.name),
        release_id=sql.Literal(release_id),
        reached=_reached(conn, rulebook, waiver.scope),
    )


def _reached(conn: psycopg.Connection, rulebook: Rulebook, scope: str | Scope) -> sql.Composable:
    if isinstance(scope, str):
        return sql.SQL("true")
    if scope.keys:
        return sql.SQL("f.record_key = any({})").format(sql.Literal(list(scope.keys)))
    known = {book.dataset.name: book.dataset for book in load_rulebooks().values()}
    known[rulebook.dataset.name] = rulebook.dataset
    commune, join = commune_sql(rulebook.dataset, known, read_columns_of(conn, known.values()))
    return _IN_COMMUNES.format(
        relation=sql.Identifier(*rulebook.dataset.relation.split(".")),
        join=join,
        same=same_record_sql(rulebook.dataset, "f", "r"),
        commune=commune,
        codes=sql.Literal(list(scope.communes)),
    )


def _severities(rulebook: Rulebook) -> dict[str, Any]:
    return {kind: _ids(rulebook.rules, kind) for kind in ("hold", "scope")}


def _ids(rules: Iterable[Rule], severity: str) -> list[str]:
    return [rule.id for rule in rules if rule.severity == severity]
