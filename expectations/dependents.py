"""Rows that are held because the record they depend on is held: the rules with `depends_on`.

A right on a parcel that is in doubt cannot be better than the parcel. Which rows fail by themselves is decided in
`row_check.py`; this follows from it, dataset by dataset, from what is depended on to what depends.
"""

from collections.abc import Iterable, Mapping

import psycopg
from psycopg import sql

from expectations.guards import relation_name
from expectations.held_concerns import TOLD_CONCERNS, TOLD_SUGGESTION, about_column
from expectations.rule_parts import Reference
from expectations.rules import Rule, Rulebook

_SETTLE = "select pg_advisory_xact_lock(hashtextextended('quality.dependents', %s))"
_CHECKED = "select dataset from quality.row_check where release_id = %s"
# What an earlier run of the check found; a row that is held, or warned of, for other reasons keeps those.
_FORGET = """
with mine as (
    delete from quality.row_outcome
    where dataset = %(dataset)s and release_id = %(release_id)s and rule_ids && %(rules)s::text[]
    returning *
)
insert into quality.row_outcome (
    dataset, record_key, release_id, outcome, rule_ids, custodian, first_seen_at, concerns, suggestion
)
select dataset, record_key, release_id, case
    when counted && %(hold)s::text[] then 'held' when counted && %(scope)s::text[] then 'out_of_scope' else 'warned'
end, rest, custodian, first_seen_at, concerns, suggestion
from mine, lateral (
    select
        array_agg(i order by i) as rest,
        array_agg(i) filter (where not exists (
            select from quality.waived as w
            where w.dataset = mine.dataset and w.release_id = mine.release_id and w.record_key = mine.record_key
                and w.rule_id = i
        )) as counted
    from unnest(mine.rule_ids) as i where i <> all(%(rules)s::text[])
) as r
where rest is not null
"""
# The held records are few and the rows that refer to records are many: these are read once.
_HOLD = sql.SQL("""
with doubtful as (
    select o.record_key, o.custodian from quality.row_outcome as o
    where o.dataset = {parent} and o.release_id = {release_id} and o.outcome = 'held'
),
found as (
    select {record_key} as record_key, {custodian} as custodian, {about}
    from {relation} as r {join} doubtful as d on {reference} = d.record_key
    {where}
),
dependent as (
    select record_key, min(custodian) as custodian, (array_agg(about))[1] as about from found group by record_key
)
insert into quality.row_outcome as o (
    dataset, record_key, release_id, outcome, rule_ids, custodian, first_seen_at, concerns, suggestion
)
select
    {dataset}, d.record_key, {release_id}, 'held', array[{rule_id}], d.custodian,
    coalesce((
        select min(b.first_seen_at) from quality.row_outcome as b
        where b.dataset = {dataset} and b.record_key = d.record_key and b.outcome = 'held'
            and b.release_id < {release_id} and b.release_id >= coalesce((
                select base_release from release.release where release_id = {release_id}
            ), 0)
    ), now()),
    {told_concerns},
    {told_suggestion}
from dependent as d
on conflict (dataset, release_id, record_key) do update set
    rule_ids = array(select distinct i from unnest(o.rule_ids || excluded.rule_ids) as i order by i),
    custodian = case when o.outcome = 'held' then o.custodian else excluded.custodian end,
    first_seen_at = case when o.outcome = 'held' then o.first_seen_at else excluded.first_seen_at end,
    suggestion = coalesce(o.suggestion || excluded.suggestion, o.suggestion, excluded.suggestion),
    outcome = 'held'
where o.outcome <> 'out_of_scope'
""")
_NO_RECORD = sql.SQL("""
left join (select {parent_key} as record_key from {parent_relation} as p) as k on {reference} = k.record_key
""")


def hold_dependents(
    conn: psycopg.Connection, rulebook: Rulebook, books: Mapping[str, Rulebook], release_id: int
) -> None:
    """Holds what depends on held rows of a dataset that was just judged, in it and in all that depend on it in turn.

    Datasets may be judged in any order and at the same time: one settles after the other, and each looks both ways.
    """
    conn.execute(_SETTLE, (release_id,))
    checked = {name for (name,) in conn.execute(_CHECKED, (release_id,))}
    touched = {rulebook.dataset.name}
    for book in in_order(books):
        depends_on = {reference.dataset for _, reference in book.references}
        name = book.dataset.name
        if name not in checked or not (name in touched or depends_on & touched) or not book.references:
            continue
        _forget(conn, book, release_id)
        for rule, reference in book.references:
            if reference.dataset in checked:
                _hold(conn, book, rule, reference, books[reference.dataset], release_id)
        touched.add(name)


def wait_for_others(conn: psycopg.Connection, rulebook: Rulebook, release_id: int) -> None:
    """Before a dataset is judged again in a release: no other one may hold rows of it meanwhile."""
    row = conn.execute(_CHECKED + " and dataset = %s", (release_id, rulebook.dataset.name)).fetchone()
    if row is not None:
        conn.execute(_SETTLE, (release_id,))


def in_order(books: Mapping[str, Rulebook]) -> list[Rulebook]:
    """The rulebooks so that each stands after all that it depends on; raises `ValueError` for a circle."""
    placed: dict[str, Rulebook] = {}
    waiting = dict(books)
    while waiting:
        ready = [
            name
            for name, book in waiting.items()
            if not {reference.dataset for _, reference in book.references} & waiting.keys()
        ]
        if not ready:
            raise ValueError(f"the references of {', '.join(sorted(waiting))} run in a circle")
        placed |= {name: waiting.pop(name) for name in ready}
    return list(placed.values())


def reference_predicate(reference: Reference, release_id: int) -> str:
    """The predicate of a staged row for the gate, TRUE when the record it depends on is not held.

    Without an alias: Great Expectations names the rows as it likes.
    """
    return (
        sql.SQL("""(({when} and {reference} in (
            select o.record_key from quality.row_outcome as o
            where o.dataset = {parent} and o.release_id = {release_id} and o.outcome = 'held'
        )) is not true)""")
        .format(
            when=_when(reference),
            reference=_joined(map(sql.Identifier, reference.columns)),
            parent=sql.Literal(reference.dataset),
            release_id=sql.Literal(release_id),
        )
        .as_string(None)
    )


def _forget(conn: psycopg.Connection, book: Rulebook, release_id: int) -> None:
    values = {
        "dataset": book.dataset.name,
        "release_id": release_id,
        "rules": [rule.id for rule, _ in book.references],
        "hold": [rule.id for rule in book.row_rules if rule.severity == "hold"],
        "scope": [rule.id for rule in book.row_rules if rule.severity == "scope"],
    }
    conn.execute(_FORGET, values)


def _hold(
    conn: psycopg.Connection, book: Rulebook, rule: Rule, reference: Reference, parent: Rulebook, release_id: int
) -> None:
    link = _reference(reference)
    present = [sql.SQL("r.{} is not null").format(sql.Identifier(column)) for column in reference.columns]
    conditions = [*present, _when(reference)]
    join, where = sql.SQL("inner join").format(), sql.SQL("where {}").format(sql.SQL(" and ").join(conditions))
    if reference.must_exist:
        known = _NO_RECORD.format(
            parent_key=sql.SQL(parent.dataset.record_key_sql("p")),
            parent_relation=relation_name(parent),
            reference=link,
        )
        join = known + sql.SQL("left join")
        where += sql.SQL(" and (d.record_key is not null or k.record_key is null)")
    statement = _HOLD.format(
        parent=sql.Literal(reference.dataset),
        release_id=sql.Literal(release_id),
        record_key=sql.SQL(book.dataset.record_key_sql("r")),
        custodian=sql.SQL("coalesce(d.custodian, {})").format(sql.Literal(book.agency_of(rule))),
        relation=relation_name(book),
        join=join,
        reference=link,
        where=where,
        dataset=sql.Literal(book.dataset.name),
        rule_id=sql.Literal(rule.id),
        about=about_column(book),
        told_concerns=TOLD_CONCERNS.format(about=sql.Identifier("d", "about")),
        told_suggestion=TOLD_SUGGESTION.format(
            about=sql.Identifier("d", "about"), rule_ids=sql.SQL("array[{}]").format(sql.Literal(rule.id))
        ),
    )
    conn.execute(statement)


def _when(reference: Reference) -> sql.Composed:
    return sql.SQL("({})").format(sql.SQL(reference.when or "true"))


def _reference(reference: Reference) -> sql.Composed:
    return _joined(sql.Identifier("r", column) for column in reference.columns)


def _joined(columns: Iterable[sql.Identifier]) -> sql.Composed:
    """The record key that these columns name together; null where one of a single column is."""
    parts = list(columns)
    return (
        sql.SQL("concat_ws('|', {})").format(sql.SQL(", ").join(parts))
        if len(parts) > 1
        else parts[0] + sql.SQL("::text")
    )
