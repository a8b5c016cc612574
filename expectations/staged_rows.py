"""The rows that would be published, as the gate sees them."""

from psycopg import sql

from expectations.guards import relation_name, staged_name
from expectations.row_sql import facts_used
from expectations.rules import Rulebook

_STAGED = sql.SQL("select p.* from {staged} as p")
_WITH_FACTS = sql.SQL("select p.*, {facts} from {staged} as p left join {relation} as f on {same_key}")


def staged_rows_sql(rulebook: Rulebook) -> str:
    """The staged rows of a dataset, beside the facts that its rules use and that are not published.

    Published columns come from the staged rows and facts from the relation, by key: a row that stage made up, or
    copied wrongly, either breaks the rule or has no facts, and null fails.
    """
    facts = facts_used(rulebook)
    if not facts:
        return _STAGED.format(staged=staged_name(rulebook)).as_string(None)
    same = [sql.SQL("p.{0} = f.{0}").format(sql.Identifier(column)) for column in rulebook.dataset.key]
    return _WITH_FACTS.format(
        facts=sql.SQL(", ").join(sql.Identifier("f", fact) for fact in facts),
        staged=staged_name(rulebook),
        relation=relation_name(rulebook),
        same_key=sql.SQL(" and ").join(same),
    ).as_string(None)
