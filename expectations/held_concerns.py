"""What held rows are about, noted beside their keys in quality.row_outcome: other names, what they touch, suggestions.

A question that names a parcel by sheet and number, or a licence by its number, finds the held row by its concerns. A
suggestion is what the row should probably say instead (`suggests` of a rule), for whoever mends it. Which rows are held
is decided in `row_check.py`.
"""

from collections.abc import Mapping

import psycopg
from psycopg import sql

from connectors.errors import ContractInvalid
from expectations.guards import relation_name
from expectations.rules import Rulebook

_NOTE = sql.SQL("""
update quality.row_outcome as o
set concerns = (
        select coalesce(array_agg(distinct c order by c), '{{}}') from unnest(r.concerns) as c where c is not null
    ),
    suggestion = (
        select jsonb_object_agg(c.name, c.value)
        from jsonb_each(r.suggestions) as s (rule_id, columns), jsonb_each(s.columns) as c (name, value)
        where s.rule_id = any(o.rule_ids) and c.value <> 'null'
    )
from (
    select {record_key} as record_key, ({concerns})::text[] as concerns, {suggestions} as suggestions
    from {relation} as r
) as r
where o.dataset = {dataset} and o.release_id = {release_id} and o.outcome = 'held' and o.record_key = r.record_key
""")


def write_concerns(conn: psycopg.Connection, rulebook: Rulebook, release_id: int) -> None:
    """Note what every held row of a dataset concerns and what is suggested for it, as far as the rulebook can tell.

    Raises `ContractInvalid` when an expression or column of the rulebook cannot be evaluated.
    """
    suggestions = [rule for rule in rulebook.rules if rule.suggests]
    if rulebook.concerns is None and not suggestions:
        return
    statement = _NOTE.format(
        record_key=sql.SQL(rulebook.dataset.record_key_sql("r")),
        concerns=sql.SQL(rulebook.concerns or "null"),
        suggestions=_object(
            {rule.id: _object({c: sql.Identifier("r", c) for c in rule.suggests}) for rule in suggestions}
        ),
        relation=relation_name(rulebook),
        dataset=sql.Literal(rulebook.dataset.name),
        release_id=sql.Literal(release_id),
    )
    try:
        conn.execute(statement)
    except (psycopg.ProgrammingError, psycopg.DataError) as error:
        raise ContractInvalid(
            expected="an SQL expression of type text[] over one row of the relation, and columns of it as suggestions",
            found=str(error).splitlines()[0],
            where=f"concerns in {rulebook.path}, or suggests of its rules",
            next_step="Correct the rulebook; nothing was staged.",
        ) from error


def _object(values: Mapping[str, sql.Composable]) -> sql.Composed:
    pairs = [sql.SQL("{}, {}").format(sql.Literal(name), value) for name, value in values.items()]
    return sql.SQL("jsonb_build_object({})").format(sql.SQL(", ").join(pairs))
