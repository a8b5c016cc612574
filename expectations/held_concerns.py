"""What held rows are about: their other names and what they touch, noted beside their keys in quality.row_outcome.

A question that names a parcel by sheet and number, or a licence by its number, finds the held row by these. Which rows
are held is decided in `row_check.py`.
"""

import psycopg
from psycopg import sql

from connectors.errors import ContractInvalid
from expectations.guards import relation_name
from expectations.rules import Rulebook

_NOTE = sql.SQL("""
update quality.row_outcome as o
set concerns = (
    select coalesce(array_agg(distinct c order by c), '{{}}') from unnest(r.concerns) as c where c is not null
)
from (select {record_key} as record_key, ({concerns})::text[] as concerns from {relation} as r) as r
where o.dataset = {dataset} and o.release_id = {release_id} and o.outcome = 'held' and o.record_key = r.record_key
""")


def write_concerns(conn: psycopg.Connection, rulebook: Rulebook, release_id: int) -> None:
    """Note what every held row of a dataset concerns; nothing to do where the rulebook does not say how to tell.

    Raises `ContractInvalid` when the expression of the rulebook cannot be evaluated.
    """
    if rulebook.concerns is None:
        return
    statement = _NOTE.format(
        record_key=sql.SQL(rulebook.dataset.record_key_sql("r")),
        concerns=sql.SQL(rulebook.concerns),
        relation=relation_name(rulebook),
        dataset=sql.Literal(rulebook.dataset.name),
        release_id=sql.Literal(release_id),
    )
    try:
        conn.execute(statement)
    except (psycopg.ProgrammingError, psycopg.DataError) as error:
        raise ContractInvalid(
            expected="an SQL expression of type text[] over one row of the relation",
            found=str(error).splitlines()[0],
            where=f"concerns in {rulebook.path}",
            next_step="Correct the rulebook; nothing was staged.",
        ) from error
