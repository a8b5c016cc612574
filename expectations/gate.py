"""The gate: Great Expectations on exactly what would be published, one suite per dataset, one checkpoint over all.

It answers with a verdict and records it; closing or publishing is for `release_steps.py`. Importing this module is
quick, calling `gate` imports Great Expectations.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import psycopg

from connectors.warehouse.lease import Release, fenced_transaction, open_transaction
from expectations.guards import GUARDS, LastRows
from expectations.rules import Rule, Rulebook, load_rulebooks
from expectations.samples import sample_keys
from expectations.verdicts import RuleVerdict, Verdict, record_verdict
from expectations.waived_rows import is_waived

if TYPE_CHECKING:
    from expectations.checkpoint import Finding


def gate(release: Release) -> Verdict:
    """The verdict on the staged release, recorded with its ledger entry; only an open release can be judged.

    A rule that fails, raises, or is missing from the answer is not a success: the gate closes.
    """
    from expectations.checkpoint import run_checkpoint

    where = f"gate of release {release.release_id}"
    with fenced_transaction(release, where) as conn:
        last_rows = _last_rows(conn, release.release_id)
        rulebooks = _staged(conn, release.release_id)
    findings = run_checkpoint(rulebooks, release_id=release.release_id, last_rows=last_rows)
    with open_transaction(where) as conn:
        verdict = _verdict(conn, release.release_id, rulebooks, findings)
    with fenced_transaction(release, where) as conn:
        record_verdict(conn, verdict)
    return verdict


def _staged(conn: psycopg.Connection, release_id: int) -> dict[str, Rulebook]:
    """The rulebooks of the datasets that were staged in this release."""
    rows = conn.execute("select dataset from release.dataset_release where release_id = %s order by 1", (release_id,))
    rulebooks = load_rulebooks()
    return {dataset: rulebooks[dataset] for (dataset,) in rows}


# Of approved deletes those of sources count whose every row makes one record.
_LAST_ROWS = """
select
    d.dataset,
    d.row_count,
    (
        select coalesce(sum(a.deleted), 0)::bigint
        from quality.approved_delete as a
        inner join release.source_account as s on a.source = s.source
        where a.release_id = r.release_id and s.dataset = d.dataset and s.is_record
    )
from release.dataset_release as d
inner join release.release as r on d.release_id = r.base_release
where r.release_id = %s
"""


def _last_rows(conn: psycopg.Connection, release_id: int) -> dict[str, LastRows]:
    """Per dataset how many rows the release holds that is published now, and how many of them may be gone."""
    return {dataset: LastRows(rows, approved) for dataset, rows, approved in conn.execute(_LAST_ROWS, (release_id,))}


def _verdict(
    conn: psycopg.Connection,
    release_id: int,
    rulebooks: Mapping[str, Rulebook],
    findings: "Mapping[tuple[str, str], Finding]",
) -> Verdict:
    failing = _failing_keys(conn, release_id)
    rules = []
    for dataset, rulebook in rulebooks.items():
        for rule in rulebook.rules:
            finding = findings.get((dataset, rule.id))
            keys = failing.get((dataset, rule.id), 0)
            samples = _samples(conn, release_id, rulebook, rule, finding)
            severity = "warn" if is_waived(conn, rulebook, rule, release_id) else rule.severity
            rules.append(_rule_verdict(dataset, rule.id, severity, finding, failing_keys=keys, **samples))
        rules += [_rule_verdict(dataset, guard, "block", findings.get((dataset, guard))) for guard in GUARDS]
    return Verdict(release_id, tuple(rules))


def _rule_verdict(dataset: str, rule_id: str, severity: str, finding: "Finding | None", **observed: Any) -> RuleVerdict:
    if finding is None:
        return RuleVerdict(dataset, rule_id, severity, success=False, observed={"error": "not evaluated"})
    # A row that breaks a blocking rule blocks even when another rule holds it back.
    success = finding.success and not (severity == "block" and observed.get("failing_keys"))
    return RuleVerdict(dataset, rule_id, severity, success, {**finding.observed, **observed})


def _samples(
    conn: psycopg.Connection, release_id: int, rulebook: Rulebook, rule: Rule, finding: "Finding | None"
) -> dict[str, list[str]]:
    if finding is None or finding.success or "error" in finding.observed or not rule.is_row_level:
        return {}
    return {"sample_keys": sample_keys(conn, rulebook, rule, release_id=release_id)}


def _failing_keys(conn: psycopg.Connection, release_id: int) -> dict[tuple[str, str], int]:
    """How many keys the row check found for each rule, without those that a waiver lets through."""
    rows = conn.execute(
        "select o.dataset, i.rule_id, count(*) from quality.row_outcome as o, unnest(o.rule_ids) as i (rule_id)"
        " where o.release_id = %s and not exists ("
        "   select from quality.waived as w where w.release_id = o.release_id and w.dataset = o.dataset"
        "   and w.record_key = o.record_key and w.rule_id = i.rule_id"
        " ) group by 1, 2",
        (release_id,),
    )
    return {(dataset, rule_id): count for dataset, rule_id, count in rows}
