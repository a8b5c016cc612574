"""The quality report: a static site under <home>/reports, one folder per release and a page that lists them.

Written after a release was published or refused, never before: no reader waits for it. What the pages show is read
here and rendered in `expectations.site`; Vietnamese first, English a click away, nothing from another host.
"""

from collections.abc import Mapping
from pathlib import Path

import psycopg

from connectors.errors import NoSuchRelease
from connectors.settings import home
from connectors.warehouse.lease import open_transaction
from expectations.data_docs import build_data_docs
from expectations.parcel_gaps import read_survey
from expectations.report_facts import ReportFacts, past_releases, report_facts
from expectations.rule_page import RulePage, load_pages
from expectations.rules import load_rulebooks
from expectations.site.boundaries import read_outlines
from expectations.site.changes import changed_columns
from expectations.site.feedback import write_feedback
from expectations.site.pages import Material, write_list, write_release
from expectations.site.places import count_places
from expectations.site.proof import approved_deletes, conservation, ledger_position, waived_counts
from expectations.site.rule_texts import repair_of
from expectations.site.wording import Words
from expectations.waived_rows import waivers_of_release
from expectations.waivers import local_day

__all__ = ["report_page", "reports_dir", "reports_index", "write_index", "write_moved", "write_report"]


def write_report(release_id: int, *, with_docs: bool = True) -> Path:
    """Writes the site of a release, its feedback files, its Data Docs and the list of all; answers its first page.

    Repeatable, at any time: what lies where is counted in the warehouse as it is now. `with_docs=False` leaves the Data
    Docs as they are, which saves the import of Great Expectations.
    """
    folder = reports_dir() / str(release_id)
    _assert_is_there(release_id)
    folder.mkdir(parents=True, exist_ok=True)
    docs = (build_data_docs(release_id, folder / "data_docs") if with_docs else None) or _earlier_docs(folder)
    with open_transaction(f"report of release {release_id}") as conn:
        material = _read(conn, release_id, folder, docs)
    page = write_release(folder, material)
    write_index()
    return page


def write_index() -> Path:
    """Writes the list of all releases anew, after a rollback for example; answers where it is."""
    with open_transaction("list of reports") as conn:
        entries = past_releases(conn)
    reports_dir().mkdir(parents=True, exist_ok=True)
    write_list(reports_dir(), entries)
    return reports_index()


def write_moved(*, after: int, until: int) -> None:
    """Writes the list anew, and the pages of the releases that a rollback took back or brought back."""
    with open_transaction("releases that a rollback moved") as conn:
        moved = [e.release_id for e in past_releases(conn) if e.status in {"published", "rolled_back"}]
    for release_id in moved:
        if after < release_id <= until and report_page(release_id).exists():
            write_report(release_id, with_docs=False)
    write_index()


def reports_dir() -> Path:
    """Where reports are."""
    return home() / "reports"


def reports_index() -> Path:
    """Where the list of all releases is, or will be."""
    return reports_dir() / "index.html"


def report_page(release_id: int) -> Path:
    """Where the first page of a release is, or will be."""
    return reports_dir() / str(release_id) / "index.html"


def _assert_is_there(release_id: int) -> None:
    with open_transaction(f"report of release {release_id}") as conn:
        is_there, last = conn.execute(
            "select coalesce(bool_or(release_id = %s), false), max(release_id) from release.release", (release_id,)
        ).fetchone() or (False, None)
    if not is_there:
        raise NoSuchRelease(
            expected=f"the number of a release, 1 to {last}" if last else "a release; there is none yet",
            found=str(release_id),
            where="release.release",
            next_step="`lienthong report` writes the list of all releases and says where it is.",
        )


def _read(conn: psycopg.Connection, release_id: int, folder: Path, docs: Path | None) -> Material:
    facts, pages = report_facts(conn, release_id), load_pages()
    places = count_places(conn, release_id, [book.dataset for book in load_rulebooks().values()])
    provinces = {place.province_code for found in places.values() for place in found if place.province_code}
    return Material(
        facts=facts,
        pages=pages,
        places=places,
        outlines=read_outlines(conn, provinces) if provinces else (),
        columns=changed_columns(conn, release_id),
        feedback=write_feedback(conn, release_id, folder / "feedback", _repairs(facts, pages)),
        ledger=ledger_position(release_id),
        balance=conservation(conn, release_id),
        waivers=waivers_of_release(conn, release_id, local_day(facts.opened_at)),
        waived=waived_counts(conn, release_id),
        gaps=read_survey(conn),
        approvals=approved_deletes(conn, release_id),
        docs=docs.relative_to(folder).as_posix() if docs else None,
    )


def _repairs(facts: ReportFacts, pages: Mapping[str, RulePage]) -> dict[tuple[str, str], Words]:
    return {(rule.dataset, rule.rule_id): repair_of(rule, pages) for rule in facts.rules}


def _earlier_docs(folder: Path) -> Path | None:
    """The Data Docs that were built when the gate ran: their material is kept for the newest release only."""
    page = folder / "data_docs" / "index.html"
    return page if page.exists() else None
