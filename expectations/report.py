"""The quality report: one plain page per release and one page that lists them, under <home>/reports.

Vietnamese first, English beside it; no script, nothing from another host. Shows counts and record keys, never values.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from connectors.settings import home
from expectations.data_docs import build_data_docs
from expectations.report_facts import ReportFacts, past_releases, report_facts

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Sentence:
    """The verdict on a release in one sentence, in both languages."""

    vi: str
    en: str


def write_report(release_id: int) -> Path:
    """Writes the page of a release, its Data Docs and the list of all; answers where the page is. Repeatable."""
    folder = reports_dir() / str(release_id)
    folder.mkdir(parents=True, exist_ok=True)
    docs = build_data_docs(release_id, folder / "data_docs")
    facts = report_facts(release_id)
    link = docs.relative_to(folder) if docs else None
    page = folder / "index.html"
    text = _render("report.html.j2", facts=facts, sentence=sentence(facts), docs=link)
    page.write_text(text, encoding="utf-8")
    _write_list()
    return page


def reports_dir() -> Path:
    """Where reports are."""
    return home() / "reports"


def report_page(release_id: int) -> Path:
    """Where the page of a release is, or will be."""
    return reports_dir() / str(release_id) / "index.html"


def sentence(facts: ReportFacts) -> Sentence:
    """The verdict in one sentence."""
    number, blocking = facts.release_id, len(facts.closed_by)
    counts_vi = f"{facts.row_count:,} bản ghi, {facts.held_count:,} bị giữ lại"
    counts_en = f"{facts.row_count:,} records, {facts.held_count:,} held"
    if facts.status == "published":
        return Sentence(
            f"Bản phát hành {number} đã được công bố: {counts_vi}.", f"Release {number} was published: {counts_en}."
        )
    if facts.status == "rolled_back":
        return Sentence(
            f"Bản phát hành {number} đã được công bố rồi bị thu hồi: {facts.reason or 'không rõ lý do'}.",
            f"Release {number} was published and later rolled back: {facts.reason or 'no reason given'}.",
        )
    if blocking:
        return Sentence(
            f"Bản phát hành {number} không được công bố: {blocking} quy tắc chặn không đạt. Dữ liệu cũ vẫn phục vụ.",
            f"Release {number} was not published: {blocking} blocking rules failed. What was published before stays.",
        )
    return Sentence(
        f"Bản phát hành {number} chưa hoặc không được công bố ({facts.status}): {facts.reason or 'không rõ lý do'}.",
        f"Release {number} is not published ({facts.status}): {facts.reason or 'no reason given'}.",
    )


def _write_list() -> None:
    entries = [entry for entry in past_releases() if report_page(entry.release_id).exists()]
    (reports_dir() / "index.html").write_text(_render("reports.html.j2", entries=entries), encoding="utf-8")


def _render(template: str, **facts: Any) -> str:
    environment = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined)
    environment.filters["thousands"] = lambda number: f"{number:,}" if number is not None else "–"
    environment.filters["moment"] = _moment
    return environment.get_template(template).render(**facts)


def _moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "–"
