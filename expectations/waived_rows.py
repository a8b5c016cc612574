"""Waivers at work: the failures they reach are let through, noted in quality.waived and recorded in the ledger.

The failing rule stays in `rule_ids` of the record, so it is counted, reported and sent to its agency as before; only
the outcome changes, as if the rule had warned. What a waiver is and when it holds: `waivers.py`.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from connectors.errors import ContractInvalid, ReleaseConflict
from connectors.warehouse.lease import open_transaction
from connectors.warehouse.ledger import record
from expectations.record_places import NO_COMMUNE, commune_sql, read_columns_of, same_record_sql
from expectations.rules import Rule, Rulebook, load_rulebooks
from expectations.waivers import Scope, Waiver, WaiverState, load_waivers, local_day, waiver_states, waivers_path

_NOTE = sql.SQL("""
insert into quality.waived (dataset, release_id, record_key, rule_id, waiver_id)
select f.dataset, f.release_id, f.record_key, {rule}, {waiver}
from quality.row_outcome as f
where f.dataset = {dataset} and f.release_id = {release_id} and {rule} = any(f.rule_ids) and {reached}
on conflict do nothing
""")
_IN_COMMUNES = sql.SQL("exists (select from {relation} as r {join} where {same} and {commune} = any({codes}))")
_KEEP = """
insert into quality.release_waiver (release_id, waiver_id, dataset, waiver, let_through) values (%s, %s, %s, %s, %s)
"""
_KEPT = "select waiver from quality.release_waiver where release_id = %s order by waiver ->> 'expires_on', waiver_id"
_GRANTED = """
select w.release_id, w.waiver
from quality.release_waiver as w
inner join release.release as r on w.release_id = r.release_id
where w.release_id < %s and w.waiver_id = any(%s) and r.published_at is not null
order by w.release_id
"""
# Releases of before waivers were kept.
_IS_OLDER = "select exists (select from quality.waived where release_id = %s)"
_RESTS_ON = """
select w.waiver
from quality.release_waiver as w
inner join release.release as r on w.release_id = r.release_id
where w.release_id = %s and r.status = 'staged' and (w.let_through > 0 or exists (
    select from quality.verdict as v
    where v.release_id = w.release_id and v.dataset = w.dataset and v.rule_id = w.waiver ->> 'rule'
        and v.severity = 'warn' and not v.success
))
order by w.waiver_id
"""
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
    for table in ("waived", "release_waiver"):
        forget = sql.SQL("delete from quality.{} where dataset = %s and release_id = %s")
        conn.execute(forget.format(sql.Identifier(table)), (name, release_id))
    applied = {}
    in_force = _in_force(conn, rulebook, release_id)
    _assert_permanent(conn, in_force, release_id)
    for waiver in in_force:
        applied[waiver.id] = conn.execute(_note(conn, rulebook, waiver, release_id)).rowcount
    if any(applied.values()):
        conn.execute(_OUTCOMES, {"dataset": name, "release_id": release_id, **_severities(rulebook)})
    if applied:
        granted = [waiver.model_dump(mode="json") for waiver in in_force]
        for waiver, content in zip(in_force, granted, strict=True):
            conn.execute(_KEEP, (release_id, waiver.id, name, Jsonb(content), applied[waiver.id]))
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


def assert_waivers_stand(release_id: int) -> None:
    """Raises `ReleaseConflict` where a waiver that an open release rests on has ended, or was withdrawn or changed.

    A release rests on a waiver that let failures through, or by which a rule over a whole dataset only warned. The file
    is that of today, the day that of publishing in Vietnam. A release that is published already rests on what was.
    """
    with open_transaction(f"waivers of release {release_id}") as conn:
        rows = conn.execute(_RESTS_ON, (release_id,)).fetchall()
    if not rows:
        return
    standing = {w.id: w for w in load_waivers() if w.holds_on(local_day(datetime.now(UTC)))}
    gone = [content["id"] for (content,) in rows if standing.get(content["id"]) != Waiver.model_validate(content)]
    if gone:
        raise ReleaseConflict(
            expected="every waiver that let failures through to be in force still, as it was when the rows were judged",
            found=f"{', '.join(gone)}: ended, withdrawn or changed since",
            where=f"publish of release {release_id}",
            next_step="Nothing was published. Run the release again: its rows are judged by the waivers of today.",
        )


def waivers_of_release(conn: psycopg.Connection, release_id: int, day: date) -> list[WaiverState]:
    """The waivers in force when a release was judged, as they were then; after them others of the file, on its day.

    The file alone would not do: a waiver withdrawn since would be missing where it let failures through.
    """
    rows = conn.execute(_KEPT, (release_id,)).fetchall()
    told = waiver_states(load_waivers(), day)
    if not rows and conn.execute(_IS_OLDER, (release_id,)).fetchone() == (True,):
        return told
    kept = [WaiverState(Waiver.model_validate(content), "in_force") for (content,) in rows]
    ids = {state.waiver.id for state in kept}
    return kept + [state for state in told if state.state != "in_force" and state.waiver.id not in ids]


def _in_force(conn: psycopg.Connection, rulebook: Rulebook, release_id: int) -> Sequence[Waiver]:
    """The waivers of a dataset on the day, in Vietnam, on which the release was opened."""
    mine = [waiver for waiver in load_waivers() if waiver.dataset == rulebook.dataset.name]
    if not mine:
        return []
    row = conn.execute("select opened_at from release.release where release_id = %s", (release_id,)).fetchone()
    assert row is not None, f"there is no release {release_id}"
    day = local_day(row[0])
    return [waiver for waiver in mine if waiver.holds_on(day)]


def _assert_permanent(conn: psycopg.Connection, waivers: Sequence[Waiver], release_id: int) -> None:
    """Raises `ContractInvalid` where an id that let failures through before now says more than was granted then."""
    given = {waiver.id: waiver for waiver in waivers}
    for earlier, content in conn.execute(_GRANTED, (release_id, list(given))):
        then = Waiver.model_validate(content)
        now = given[then.id]
        as_granted = now.model_copy(update={"expires_on": then.expires_on, "reason": then.reason})
        if as_granted != then or now.expires_on > then.expires_on:
            raise ContractInvalid(
                expected=f"{then.id} as it was in release {earlier}, or ending sooner: an id is permanent",
                found="another rule, scope, approver or day of grant, or a later end",
                where=str(waivers_path()),
                next_step="Give what was granted since an id of its own; nothing was waived.",
            )


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
    if commune == NO_COMMUNE:
        raise ContractInvalid(
            expected="communes only for records that lie in one",
            found=f"a waiver of {rulebook.dataset.name}, whose records name no place",
            where=str(waivers_path()),
            next_step="Name the keys of the records, or write `scope: all`; nothing was waived.",
        )
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
