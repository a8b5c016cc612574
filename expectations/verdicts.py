"""The verdict of the gate on a release: what was observed per dataset and rule, and whether it may be published."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from connectors.errors import GateClosed
from connectors.warehouse.ledger import record
from expectations.site.changes import keep_changed_columns

Observed = Mapping[str, Any]


@dataclass(frozen=True)
class RuleVerdict:
    """What the gate saw of one rule of one dataset; `observed` holds counts and record keys, never other values."""

    dataset: str
    rule_id: str
    severity: str
    success: bool
    observed: Observed = field(default_factory=dict)

    @property
    def closes_gate(self) -> bool:
        """Whether this alone stops the release: any failure but a warning, and any rule that could not be evaluated."""
        return not self.success and (self.severity != "warn" or "error" in self.observed)

    def __str__(self) -> str:
        found = self.observed.get("error") or f"{self.observed.get('found', '?')} found"
        return f"{self.dataset} {self.rule_id} ({found})"


@dataclass(frozen=True)
class Verdict:
    """The verdict on a whole release."""

    release_id: int
    rules: tuple[RuleVerdict, ...]

    @property
    def closed_by(self) -> tuple[RuleVerdict, ...]:
        """What keeps the release from being published."""
        return tuple(rule for rule in self.rules if rule.closes_gate)

    @property
    def is_open(self) -> bool:
        """Whether the release may be published; a verdict without any rule keeps the gate closed."""
        return bool(self.rules) and not self.closed_by

    def as_error(self, where: str) -> GateClosed:
        """The error of a closed gate."""
        return GateClosed(
            expected="every blocking rule to hold on what would be published",
            found="; ".join(map(str, self.closed_by)) or "no rule at all",
            where=f"release {self.release_id}",
            next_step=f"Nothing was published and what was published stays. Read the report: {where}",
        )


def record_verdict(conn: psycopg.Connection, verdict: Verdict) -> None:
    """Writes quality.verdict and one ledger entry in the caller's transaction; repeating it replaces the rows.

    Of a closed gate it also keeps which columns would have changed: the staged rows are gone when that is reported.
    """
    conn.execute("delete from quality.verdict where release_id = %s", (verdict.release_id,))
    rows = [
        (verdict.release_id, rule.dataset, rule.rule_id, rule.severity, rule.success, Jsonb(dict(rule.observed)))
        for rule in verdict.rules
    ]
    with conn.cursor() as cursor:
        cursor.executemany(
            "insert into quality.verdict (release_id, dataset, rule_id, severity, success, observed)"
            " values (%s, %s, %s, %s, %s, %s)",
            rows,
        )
    if not verdict.is_open:
        keep_changed_columns(conn, verdict.release_id)
    record(conn, "verdict", _payload(verdict))


def _payload(verdict: Verdict) -> dict[str, Any]:
    return {
        "release_id": verdict.release_id,
        "is_open": verdict.is_open,
        "datasets": sorted({rule.dataset for rule in verdict.rules}),
        "rules": len(verdict.rules),
        "closed_by": _named(verdict.closed_by),
        "warned": _named([rule for rule in verdict.rules if not rule.success and not rule.closes_gate]),
    }


def _named(rules: Sequence[RuleVerdict]) -> list[dict[str, Any]]:
    return [
        {"dataset": rule.dataset, "rule_id": rule.rule_id, "found": rule.observed.get("found")}
        | ({"error": rule.observed["error"]} if "error" in rule.observed else {})
        for rule in rules
    ]
