"""What a report says, read from the warehouse: the release, its datasets, its rules, and how they were before.

Where failing records lie, what changed and what proves it lives in `expectations.site`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from expectations.guards import GUARDS
from expectations.report_queries import DATASETS, FAILING, PAST, RELEASE, RULE_TREND, RULES, TREND

SAMPLE_SIZE = 5
TREND_LENGTH = 30


@dataclass(frozen=True)
class TrendPoint:
    """What one release held of a dataset."""

    release_id: int
    row_count: int
    held_count: int


@dataclass(frozen=True)
class DatasetFacts:
    """One dataset in a release; `trend` ends with this release and starts at most 30 releases before it."""

    dataset: str
    title_vi: str
    title_en: str
    owner: str
    row_count: int
    held_count: int
    added: int
    changed: int
    closed: int
    source_as_of: datetime | None
    trend: tuple[TrendPoint, ...] = ()


@dataclass(frozen=True)
class RuleFacts:
    """One rule of one dataset: what it says, what it found, and who is to correct it.

    `success` is None when the release ended before the gate. `failing` counts record keys; `found` is what a rule over
    the whole dataset measured: that one does not count records. `trend` is the number of failing keys per release, the
    oldest first.
    """

    dataset: str
    rule_id: str
    severity: str
    success: bool | None
    message_vi: str
    message_en: str
    agency: str
    legal_basis: str
    definition: str
    failing: int
    sample_keys: tuple[str, ...]
    since: datetime | None
    found: str | None
    error: str | None
    counts_records: bool = True
    trend: tuple[tuple[int, int], ...] = ()

    @property
    def closes_gate(self) -> bool:
        """Whether the rule kept the release from being published."""
        return self.success is False and (self.severity != "warn" or self.error is not None)

    @property
    def is_failing(self) -> bool:
        """Whether anything fails it."""
        return self.failing > 0 or self.success is False


@dataclass(frozen=True)
class PastRelease:
    """One release in the list of all."""

    release_id: int
    status: str
    opened_at: datetime
    published_at: datetime | None
    reason: str | None
    row_count: int
    held_count: int
    changes: int
    closed_by: tuple[str, ...]
    is_current: bool


@dataclass(frozen=True)
class ReportFacts:
    """All that is known of a release and its rules."""

    release_id: int
    status: str
    base_release: int | None
    opened_at: datetime
    published_at: datetime | None
    reason: str | None
    datasets: tuple[DatasetFacts, ...]
    rules: tuple[RuleFacts, ...]

    @property
    def row_count(self) -> int:
        """Rows of all datasets."""
        return sum(dataset.row_count for dataset in self.datasets)

    @property
    def held_count(self) -> int:
        """Held keys of all datasets."""
        return sum(dataset.held_count for dataset in self.datasets)

    @property
    def change_count(self) -> int:
        """Rows added, changed and closed against the release published before."""
        return sum(dataset.added + dataset.changed + dataset.closed for dataset in self.datasets)

    @property
    def failing(self) -> tuple[RuleFacts, ...]:
        """The rules that something fails: those that closed the gate first, then by effect and number of records."""
        order = {"block": 0, "hold": 1, "warn": 2, "scope": 3}
        found = (rule for rule in self.rules if rule.is_failing)
        return tuple(sorted(found, key=lambda r: (not r.closes_gate, order[r.severity], -r.failing, r.rule_id)))

    @property
    def closed_by(self) -> tuple[RuleFacts, ...]:
        """The rules that closed the gate."""
        return tuple(rule for rule in self.rules if rule.closes_gate)


def report_facts(conn: psycopg.Connection, release_id: int) -> ReportFacts:
    """The facts of one release, as they stand now."""
    row = conn.execute(RELEASE, (release_id,)).fetchone()
    assert row is not None, f"there is no release {release_id}"
    number, status, base, opened_at, published_at, reason = row
    datasets, rules = _datasets(conn, release_id), _rules(conn, release_id)
    return ReportFacts(number, status, base, opened_at, published_at, reason, datasets, rules)


def past_releases(conn: psycopg.Connection, limit: int = 1000) -> list[PastRelease]:
    """The latest releases, newest first, also those that were never published."""
    with conn.cursor(row_factory=class_row(PastRelease)) as cursor:
        return cursor.execute(PAST, (limit,)).fetchall()


def _datasets(conn: psycopg.Connection, release_id: int) -> tuple[DatasetFacts, ...]:
    trends: dict[str, list[TrendPoint]] = defaultdict(list)
    for dataset, *point in conn.execute(TREND, {"release_id": release_id, "length": TREND_LENGTH}):
        trends[dataset].append(TrendPoint(*point))
    with conn.cursor(row_factory=class_row(DatasetFacts)) as cursor:
        facts = cursor.execute(DATASETS, (release_id,)).fetchall()
    return tuple(replace(dataset, trend=tuple(trends[dataset.dataset])) for dataset in facts)


def _rules(conn: psycopg.Connection, release_id: int) -> tuple[RuleFacts, ...]:
    parameters = {"release_id": release_id, "length": TREND_LENGTH}
    keys = {(row[0], row[1]): row[2:] for row in conn.execute(FAILING, (SAMPLE_SIZE, release_id))}
    trends: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    for dataset, rule_id, number, failing in conn.execute(RULE_TREND, parameters):
        trends[dataset, rule_id].append((number, failing))
    return tuple(
        _rule(row[:9], row[9] or {}, keys.get((row[0], row[1]), (0, [], None)), trends[row[0], row[1]])
        for row in conn.execute(RULES, parameters)
    )


def _rule(
    said: tuple[Any, ...],
    observed: Mapping[str, Any],
    keys: tuple[int, list[str], datetime | None],
    trend: Iterable[tuple[int, int]],
) -> RuleFacts:
    dataset, rule_id, severity, success, message_vi, message_en, agency, legal_basis, definition = said
    guard_vi, _, guard_en = GUARDS.get(rule_id, "").partition(" / ")
    count, samples, since = keys
    return RuleFacts(
        dataset=dataset,
        rule_id=rule_id,
        severity=severity,
        success=success,
        message_vi=message_vi or guard_vi,
        message_en=message_en or guard_en,
        agency=agency or "",
        legal_basis=legal_basis or "",
        definition=definition or "",
        failing=count or int(observed.get("failing_keys") or 0),
        sample_keys=tuple(observed.get("sample_keys") or samples)[:SAMPLE_SIZE],
        since=since,
        found=None if count or observed.get("found") is None else str(observed["found"]),
        error=observed.get("error"),
        counts_records=severity in {"hold", "scope"} or success is None or count > 0 or "element_count" in observed,
        trend=tuple(trend),
    )
