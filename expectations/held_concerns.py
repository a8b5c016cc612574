"""What failing rows are about, noted beside their keys in quality.row_outcome: other names, concerns, suggestions.

A question that names a parcel by sheet and number, or a licence by its number, finds the held row by its concerns. A
suggestion is what the row should probably say instead (`suggests` of a rule), for whoever mends it. Both are worked out
for the few rows that fail, in the pass that finds them (`row_check.py`, `dependents.py`).
"""

from collections.abc import Mapping

import psycopg
from psycopg import sql

from connectors.errors import ContractInvalid
from expectations.guards import relation_name
from expectations.rules import Rulebook

# What is noted of a row, from its column `about` (below); `rule_ids` are the rules that it has failed.
TOLD_CONCERNS = sql.SQL("""array(
    select distinct c from jsonb_array_elements_text({about} -> 'concerns') as c where c is not null order by c
)""")
TOLD_SUGGESTION = sql.SQL("""(
    select jsonb_object_agg(c.name, c.value)
    from jsonb_each({about} -> 'suggestions') as s (rule_id, columns), jsonb_each(s.columns) as c (name, value)
    where s.rule_id = any({rule_ids}) and c.value <> 'null'
)""")


def about_column(rulebook: Rulebook) -> sql.Composed:
    """The column `about` (jsonb) of a row `r` of the relation: its concerns, and what every rule would suggest."""
    suggests = {r.id: _object({c: sql.Identifier("r", c) for c in r.suggests}) for r in rulebook.rules if r.suggests}
    concerns = sql.SQL("to_jsonb(coalesce(({})::text[], '{{}}'))").format(sql.SQL(rulebook.concerns or "null"))
    return _object({"concerns": concerns, "suggestions": _object(suggests)}) + sql.SQL(" as about")


def assert_concerns(conn: psycopg.Connection, rulebook: Rulebook) -> None:
    """Raises `ContractInvalid` when an expression or column of the rulebook cannot be evaluated; leaves no trace."""
    query = sql.SQL("select {} from {} as r").format(about_column(rulebook), relation_name(rulebook))
    try:
        with conn.transaction(force_rollback=True):
            conn.execute(sql.SQL("create temporary table told on commit drop as {}").format(query))
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
