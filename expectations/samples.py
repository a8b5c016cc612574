"""A few record keys of rows that the gate found to break a rule, so that a person can go and look."""

import psycopg
from psycopg import sql

from expectations.row_sql import rule_predicate
from expectations.rules import Rule, Rulebook
from expectations.staged_rows import staged_rows_sql

SAMPLE_SIZE = 5


def sample_keys(conn: psycopg.Connection, rulebook: Rulebook, rule: Rule, *, release_id: int) -> list[str]:
    """At most five record keys, in order; none where a key column is personal.

    Those that the row check found, and where it found none (the staged rows are not what it saw) those of the rows.
    """
    if set(rulebook.personal) & set(rulebook.dataset.key):
        return []
    return _known(conn, rulebook, rule, release_id) or _searched(conn, rulebook, rule)


def _known(conn: psycopg.Connection, rulebook: Rulebook, rule: Rule, release_id: int) -> list[str]:
    rows = conn.execute(
        "select record_key from quality.row_outcome where dataset = %s and release_id = %s and outcome <> 'held'"
        " and %s = any (rule_ids) order by 1 limit %s",
        (rulebook.dataset.name, release_id, rule.id, SAMPLE_SIZE),
    )
    return [key for (key,) in rows]


def _searched(conn: psycopg.Connection, rulebook: Rulebook, rule: Rule) -> list[str]:
    query = _SAMPLE.format(
        record_key=sql.SQL(rulebook.dataset.record_key_sql("s")),
        predicate=sql.SQL(rule_predicate(rule)),
        staged=sql.SQL(staged_rows_sql(rulebook)),
        size=sql.Literal(SAMPLE_SIZE),
    )
    return [key for (key,) in conn.execute(query)]


_SAMPLE = sql.SQL("""
select record_key from (
    select {record_key} as record_key, {predicate} is true as kept from ({staged}) as s where not is_held
) as judged
where not kept order by 1 limit {size}
""")
