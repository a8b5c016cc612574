"""A rulebook as a Great Expectations suite over the staged rows of its dataset, with the guards every dataset has.

Importing this module imports Great Expectations.
"""

from typing import Any

import great_expectations as gx
import great_expectations.expectations as gxe
from great_expectations.exceptions import GreatExpectationsError
from great_expectations.expectations.registry import get_expectation_impl

from connectors.errors import ContractInvalid
from expectations.dependents import reference_predicate
from expectations.guards import GUARDS, LastRows, broken_keys_sql, held_share_sql, row_bounds, unbalanced_sql
from expectations.gx_expectations import (
    ExpectQueryToFindNothing,
    ExpectRowsToBeUnique,
    ExpectRowsToKeepRule,
    ExpectVolumeToHold,
)
from expectations.release_queries import RELEASE_TYPES, release_query
from expectations.row_sql import rule_predicate, sees_other_rows
from expectations.rules import Rule, Rulebook
from expectations.source_accounts import out_of_bounds_sql
from expectations.waived_rows import allow_waived


def build_suite(rulebook: Rulebook, *, release_id: int, last: LastRows) -> gx.ExpectationSuite:
    """The suite of a dataset, after what the release published before it holds."""
    expectations = [
        *(_row_expectation(rulebook, rule, release_id) for rule in rulebook.row_rules),
        *(_table_expectation(rulebook, rule, release_id) for rule in rulebook.table_rules),
        *_references(rulebook, release_id),
        *_guards(rulebook, release_id, last),
    ]
    return gx.ExpectationSuite(name=rulebook.dataset.name, expectations=expectations)


def _row_expectation(rulebook: Rulebook, rule: Rule, release_id: int) -> gxe.Expectation:
    kind = ExpectRowsToBeUnique if sees_other_rows(rule) else ExpectRowsToKeepRule
    predicate = allow_waived(rulebook, rule, rule_predicate(rule), release_id)
    return kind(predicate=predicate, **_labels(rulebook, rule))


def _table_expectation(rulebook: Rulebook, rule: Rule, release_id: int) -> gxe.Expectation:
    assert rule.expectation is not None
    if rule.expectation.type in RELEASE_TYPES:
        query = release_query(rule.expectation.type, rule.expectation.arguments, rulebook.dataset, release_id)
        return ExpectQueryToFindNothing(query=query, **_labels(rulebook, rule))
    try:
        kind = get_expectation_impl(rule.expectation.type)
        return kind(**rule.expectation.arguments, **_labels(rulebook, rule))
    except (GreatExpectationsError, ValueError, TypeError) as error:
        raise ContractInvalid(
            expected="an expectation that Great Expectations knows, with its arguments",
            found=f"{rule.id}: {rule.expectation.type}: {str(error).splitlines()[0]}",
            where=str(rulebook.path),
            next_step="Correct the type or its arguments.",
        ) from error


def _references(rulebook: Rulebook, release_id: int) -> list[gxe.Expectation]:
    return [
        ExpectRowsToKeepRule(predicate=reference_predicate(reference, release_id), **_labels(rulebook, rule))
        for rule, reference in rulebook.references
    ]


def _labels(rulebook: Rulebook, rule: Rule) -> dict[str, Any]:
    return {
        "meta": {
            "rule_id": rule.id,
            "severity": rule.severity,
            "agency": rulebook.agency_of(rule),
            "legal_basis": rule.legal_basis,
            "definition": rule.predicate or rule.model_dump(include={"expectation", "depends_on"}, exclude_none=True),
        },
        "severity": "warning" if rule.severity == "warn" else "critical",
        "description": _plain(f"{rule.id}: {rule.message.vi} / {rule.message.en}"),
    }


def _guards(rulebook: Rulebook, release_id: int, last: LastRows) -> list[gxe.Expectation]:
    least, most = row_bounds(rulebook, last)
    return [
        ExpectQueryToFindNothing(query=held_share_sql(rulebook, release_id), **_guard_labels("G01", rulebook)),
        ExpectVolumeToHold(
            query=out_of_bounds_sql(rulebook, release_id),
            min_value=least,
            max_value=most,
            **_guard_labels("G02", rulebook),
        ),
        ExpectQueryToFindNothing(query=broken_keys_sql(rulebook, release_id), **_guard_labels("G03", rulebook)),
        ExpectQueryToFindNothing(query=unbalanced_sql(rulebook, release_id), **_guard_labels("G04", rulebook)),
    ]


def _guard_labels(guard: str, rulebook: Rulebook) -> dict[str, Any]:
    return {
        "meta": {"rule_id": guard, "severity": "block", "agency": rulebook.dataset.owner},
        "severity": "critical",
        "description": _plain(f"{guard}: {GUARDS[guard]}"),
    }


def _plain(text: str) -> str:
    # Data Docs fill `$name` in texts from parameters.
    return text.replace("$", "")
