"""What a report says, read from the warehouse: release, datasets, rules with their counts and a few record keys."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from connectors.warehouse.lease import open_transaction
from expectations.guards import GUARDS

SAMPLE_SIZE = 5


@dataclass(frozen=True)
class DatasetFacts:
    """One dataset in a release."""

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


@dataclass(frozen=True)
class RuleFacts:
    """One rule that something failed: how many keys, which for example, and who is to correct them."""

    dataset: str
    rule_id: str
    severity: str
    success: bool
    message_vi: str
    message_en: str
    agency: str
    failing: int
    sample_keys: list[str]
    error: str | None

    @property
    def closes_gate(self) -> bool:
        """Whether the rule kept the release from being published."""
        return not self.success and (self.severity != "warn" or self.error is not None)


@dataclass(frozen=True)
class PastRelease:
    """One line of the list of releases."""

    release_id: int
    status: str
    opened_at: datetime
    reason: str | None


@dataclass(frozen=True)
class ReportFacts:
    """All that the page of a release says."""

    release_id: int
    status: str
    opened_at: datetime
    published_at: datetime | None
    reason: str | None
    datasets: list[DatasetFacts]
    rules: list[RuleFacts]

    @property
    def row_count(self) -> int:
        """Rows of all datasets."""
        return sum(dataset.row_count for dataset in self.datasets)

    @property
    def held_count(self) -> int:
        """Held keys of all datasets."""
        return sum(dataset.held_count for dataset in self.datasets)

    @property
    def closed_by(self) -> list[RuleFacts]:
        """The rules that closed the gate."""
        return [rule for rule in self.rules if rule.closes_gate]


def report_facts(release_id: int) -> ReportFacts:
    """The facts of one release, as they stand now."""
    with open_transaction(f"report of release {release_id}") as conn:
        datasets, rules = _datasets(conn, release_id), _rules(conn, release_id)
        row = conn.execute(_RELEASE, (release_id,)).fetchone()
    assert row is not None, f"there is no release {release_id}"
    number, status, opened_at, published_at, reason = row
    return ReportFacts(number, status, opened_at, published_at, reason, datasets, rules)


def past_releases(limit: int = 100) -> list[PastRelease]:
    """The latest releases, newest first."""
    with open_transaction("list of reports") as conn, conn.cursor(row_factory=class_row(PastRelease)) as cursor:
        return cursor.execute(_PAST, (limit,)).fetchall()


def _datasets(conn: psycopg.Connection, release_id: int) -> list[DatasetFacts]:
    with conn.cursor(row_factory=class_row(DatasetFacts)) as cursor:
        return cursor.execute(_DATASETS, (release_id,)).fetchall()


def _rules(conn: psycopg.Connection, release_id: int) -> list[RuleFacts]:
    keys = {(row[0], row[1]): (row[2], row[3]) for row in conn.execute(_FAILING, (SAMPLE_SIZE, release_id))}
    facts = []
    for dataset, rule_id, severity, success, observed, *texts in conn.execute(_VERDICTS, (release_id,)).fetchall():
        count, samples = keys.get((dataset, rule_id), (0, []))
        if success and not count:
            continue
        facts.append(_rule(dataset, rule_id, severity, success, observed, texts, count, samples))
    return sorted(facts, key=lambda rule: (not rule.closes_gate, rule.severity != "hold", rule.dataset, rule.rule_id))


def _rule(
    dataset: str,
    rule_id: str,
    severity: str,
    success: bool,
    observed: dict[str, Any],
    texts: list[str | None],
    count: int,
    samples: list[str],
) -> RuleFacts:
    message_vi, message_en, agency = texts
    guard_vi, _, guard_en = GUARDS.get(rule_id, "").partition(" / ")
    return RuleFacts(
        dataset=dataset,
        rule_id=rule_id,
        severity=severity,
        success=success,
        message_vi=message_vi or guard_vi,
        message_en=message_en or guard_en,
        agency=agency or "",
        failing=count or int(observed.get("found") or 0),
        sample_keys=observed.get("sample_keys") or samples,
        error=observed.get("error"),
    )


_RELEASE = "select release_id, status, opened_at, published_at, reason from release.release where release_id = %s"
_PAST = "select release_id, status, opened_at, reason from release.release order by release_id desc limit %s"
_DATASETS = """
select
    s.dataset, d.title_vi, d.title_en, d.owner, s.row_count, s.held_count, s.added, s.changed, s.closed, s.source_as_of
from release.dataset_release as s
inner join release.dataset as d on s.dataset = d.dataset
where s.release_id = %s
order by s.dataset
"""
_VERDICTS = """
select v.dataset, v.rule_id, v.severity, v.success, v.observed, r.message_vi, r.message_en, coalesce(r.agency, d.owner)
from quality.verdict as v
left join quality.rule as r on v.dataset = r.dataset and v.rule_id = r.rule_id
left join release.dataset as d on v.dataset = d.dataset
where v.release_id = %s
order by 1, 2
"""
_FAILING = """
select o.dataset, i.rule_id, count(*), (array_agg(o.record_key order by o.record_key))[:%s]
from quality.row_outcome as o cross join unnest(o.rule_ids) as i (rule_id)
where o.release_id = %s
group by o.dataset, i.rule_id
"""
