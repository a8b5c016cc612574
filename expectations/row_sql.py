"""Rules as SQL over the rows of one relation: what the row check and the gate both evaluate."""

import re
from collections.abc import Sequence

from expectations.row_predicates import UNIQUE_TYPES, literal, predicate_sql
from expectations.rules import Rule, Rulebook

_WORD = re.compile(r"[a-z_][a-z0-9_]*")


def rule_predicate(rule: Rule) -> str:
    """The SQL predicate of a row-level rule, in brackets; a row keeps the rule when it is TRUE, so null fails."""
    if rule.predicate is not None:
        return f"({rule.predicate})"
    if rule.expectation is None:
        raise ValueError(f"{rule.id} has neither predicate nor expectation")
    return f"({predicate_sql(rule.expectation.type, rule.expectation.arguments, allow_null=rule.allow_null)})"


def sees_other_rows(rule: Rule) -> bool:
    """Whether the predicate is a window over other rows (uniqueness) and so cannot stand inside an aggregate."""
    return rule.expectation is not None and rule.expectation.type in UNIQUE_TYPES


def failed_ids_sql(rules: Sequence[Rule]) -> str:
    """An SQL text array: the ids of the rules that the row does not keep, in id order."""
    cases = [
        f"case when {rule_predicate(rule)} is not true then {literal(rule.id)} end"
        for rule in sorted(rules, key=lambda rule: rule.id)
    ]
    return f"array_remove(array[{', '.join(cases)}]::text[], null)"


def is_broken_sql(predicate: str) -> str:
    """An SQL boolean over a staged row: it is not held and does not keep the predicate; what the gate counts."""
    return f"not is_held and {predicate} is not true"


def broken_rows_sql(rule: Rule, staged_rows: str) -> str:
    """A scalar query: how many staged rows that are not held break a row-level rule, as the gate counts them."""
    if sees_other_rows(rule):
        judged = f"select * from ({staged_rows}) as s"  # noqa: S608  both from the rulebook
        kept = f"select {rule_predicate(rule)} is true as kept from ({judged}) as u where not is_held"  # noqa: S608
        return f"(select count(*) filter (where not kept) from ({kept}) as k)"  # noqa: S608
    return rows_breaking_sql(rule_predicate(rule), staged_rows)


def rows_breaking_sql(predicate: str, staged_rows: str) -> str:
    """The same for a predicate over one row."""
    return f"(select count(*) filter (where {is_broken_sql(predicate)}) from ({staged_rows}) as k)"  # noqa: S608


def facts_used(rulebook: Rulebook) -> tuple[str, ...]:
    """The facts (columns that are not published) which the row rules of a dataset look at."""
    words = {word for rule in rulebook.row_rules for word in _WORD.findall(rule_predicate(rule))}
    return tuple(fact for fact in rulebook.dataset.facts if fact in words)
