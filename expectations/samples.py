"""A few record keys of rows that the gate found to break a rule, so that a person can go and look."""

import psycopg
from psycopg import sql

from expectations.row_sql import rule_predicate
from expectations.rules import Rule, Rulebook
from expectations.staged_rows import staged_rows_sql

SAMPLE_SIZE = 5


def sample_keys(conn: psycopg.Connection, rulebook: Rulebook, rule: Rule) -> list[str]:
    """At most five record keys, in order; none where a key column is personal."""
    if set(rulebook.personal) & set(rulebook.dataset.key):
        return []
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
