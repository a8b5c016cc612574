"""A preview to read: verdict, datasets and columns, and the answers that would change; for people and as JSON."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from expectations.dossiers.answering import AnswerChanges
    from expectations.preview import Preview
    from expectations.preview_diff import DatasetDiff
    from expectations.verdicts import Verdict

_COLUMNS_SHOWN = 6


def preview_text(preview: "Preview", console: Console) -> None:
    """Print the preview for people."""
    parts: list[RenderableType] = [Text(_headline(preview), style="bold")]
    if preview.verdict is not None:
        parts += _failing(preview.verdict)
    if changed := [dataset for dataset in preview.datasets if dataset.differs]:
        parts.append(_datasets(changed))
    if preview.answers is not None:
        parts += _answers(preview.answers)
    parts.append(Text("Nothing was published: readers see what they saw before."))
    console.print(Group(*parts))


def preview_json(preview: "Preview") -> dict[str, Any]:
    """The same as plain values."""
    verdict = preview.verdict
    return {
        "base": preview.base,
        "is_unchanged": preview.is_unchanged,
        "would_publish": verdict is not None and verdict.is_open,
        "closed_by": [_rule(rule) for rule in verdict.closed_by] if verdict else [],
        "warned": [_rule(r) for r in verdict.rules if not r.success and not r.closes_gate] if verdict else [],
        "datasets": [asdict(d) | {"columns": dict(d.columns)} for d in preview.datasets],
        "answers": _answers_json(preview.answers),
    }


def _answers_json(answers: "AnswerChanges | None") -> dict[str, Any] | None:
    if answers is None:
        return None
    asked_at = answers.asked_at.isoformat() if answers.asked_at else None
    return asdict(answers) | {"answers_changed": answers.answers_changed, "asked_at": asked_at}


def _rule(rule: Any) -> dict[str, Any]:
    return {"dataset": rule.dataset, "rule_id": rule.rule_id, "severity": rule.severity} | {
        name: rule.observed[name] for name in ("found", "failing_keys", "error") if name in rule.observed
    }


def _headline(preview: "Preview") -> str:
    served = "nothing is published yet" if preview.base is None else f"release {preview.base}"
    if preview.is_unchanged:
        if preview.same_as not in {None, preview.base}:
            return f"Nothing would be published: this is release {preview.same_as}, which was rolled back."
        return f"Nothing would be published: the rows are those of {served}; only its ages would be confirmed."
    if preview.verdict is not None and not preview.verdict.is_open:
        return f"The gate would stay CLOSED, by {len(preview.verdict.closed_by)} rules; readers keep {served}."
    return f"The gate would open: this would be published, instead of {served}."


def _failing(verdict: "Verdict") -> list[RenderableType]:
    failing = [rule for rule in verdict.rules if not rule.success]
    if not failing:
        return []
    table = _table("Rules that fail", "rule", "dataset", "effect", "found")
    for rule in sorted(failing, key=lambda r: (not r.closes_gate, r.dataset, r.rule_id)):
        found = rule.observed.get("error") or rule.observed.get("failing_keys") or rule.observed.get("found", "?")
        effect = "closes the gate" if rule.closes_gate else "warns"
        table.add_row(rule.rule_id, rule.dataset, effect, str(found))
    return [table]


def _datasets(datasets: "list[DatasetDiff]") -> Table:
    table = _table(
        "What would change", "dataset", "rows", "added", "changed", "closed", "now held", "released", "columns (rows)"
    )
    for d in datasets:
        counts = (d.row_count, d.added, d.changed, d.closed, d.newly_held, d.released)
        columns = ", ".join(f"{name} {count:,}" for name, count in d.columns[:_COLUMNS_SHOWN])
        more = len(d.columns) - _COLUMNS_SHOWN
        table.add_row(d.dataset, *(f"{n:,}" for n in counts), columns + (f" and {more} more" if more > 0 else ""))
    return table


def _answers(answers: "AnswerChanges") -> list[RenderableType]:
    told = (
        f"{answers.dossiers:,} open dossiers, of which {answers.asked:,} could be touched: {answers.answers_changed:,} "
        f"answers of {answers.dossiers_changed:,} dossiers would change."
    )
    if not answers.directions:
        return [Text(told)]
    table = _table("Answers that would change", "procedure", "check", "from", "to", "answers")
    last = None
    for d in answers.directions:
        procedure = _named(d.procedure_code, d.procedure_vi, d.procedure_en) if d.procedure_code != last else ""
        reason = " (another reason)" if d.before == d.after else ""
        check = _named(d.check_code, d.check_vi, d.check_en)
        table.add_row(procedure, check, d.before, d.after + reason, f"{d.answers:,}")
        last = d.procedure_code
    return [Text(told), table]


def _named(code: str, vi: str | None, en: str | None) -> str:
    return "\n".join(filter(None, (code, vi, en)))


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title, title_justify="left", header_style="bold")
    texts = {"procedure", "check", "from", "to", "rule", "dataset", "effect", "columns (rows)"}
    for heading in headings:
        table.add_column(heading, justify="left" if heading in texts else "right", overflow="fold")
    return table
