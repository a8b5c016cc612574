"""The steps of a release: build, check, stage, gate, publish or abandon, report.

Each is a function of the open release (id and token, plain values), so that they may run in one process
(`run_release`, behind `lienthong release`) or one by one in tasks of a DAG. What a step does lives in its own module;
here is only the order and what happens when one fails. Progress goes to the log `lienthong`.
"""

import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import psycopg

from connectors.errors import GateClosed, LienThongError
from connectors.warehouse import releases
from connectors.warehouse.lease import drop_lease, hold_lease, open_transaction
from connectors.warehouse.raw_tables import ensure_all_raw_tables
from connectors.warehouse.releases import Release
from connectors.warehouse.vn2000 import assert_test_vector
from expectations import row_check
from expectations.build import build_warehouse
from expectations.fingerprint import Fingerprint, read_fingerprint
from expectations.gate import gate as verdict_of
from expectations.progress import step
from expectations.readiness import loaded_rulebooks, ready_rulebooks
from expectations.report import report_page, write_index, write_report
from expectations.rules import load_rulebooks
from expectations.unchanged import is_unchanged
from expectations.verdicts import Verdict
from expectations.waived_rows import assert_waivers_stand
from expectations.waivers import assert_waivers_fit

log = logging.getLogger("lienthong")
AT_ONCE = 3


@dataclass(frozen=True)
class ReleaseResult:
    """How a release ended: the release that readers now see, and whether this run published it."""

    release_id: int
    is_published: bool
    report: Path


def run_release(*, rebuild: bool = False) -> ReleaseResult:
    """One whole release; when nothing changed, the current one is confirmed and stays.

    `rebuild` builds every model, also where nothing changed since the last build.

    Raises what the failing step raised. A release that was opened is then abandoned: readers see what they saw before.
    """
    release = build(rebuild=rebuild)
    if release is None:
        return _still_current()
    try:
        check(release)
        if not stage(release):
            return _still_current()
        gate(release)
        publish(release)
    except GateClosed:
        report(release)
        raise
    except BaseException as error:
        abandon(release, reason=f"{type(error).__name__} before publishing")
        # A release that stopped stands in the list as well; a list that cannot be written hides no error.
        with suppress(LienThongError, OSError, psycopg.Error):
            write_index()
        raise
    return ReleaseResult(release.release_id, is_published=True, report=report(release))


def build(*, rebuild: bool = False) -> Release | None:
    """Builds the warehouse and opens the next release; None when nothing changed since the published one.

    Nothing is built then, and the age of the sources is refreshed. What was rolled back is not published again as long
    as it is made of the same: a person decided. Raises `BuildFailed`; nothing is open then.
    """
    hold_lease()
    try:
        fingerprint, same = compare()
        if same is not None and not rebuild:
            _keep(same)
            return None
        return open_next(fingerprint, rebuild=rebuild)
    except BaseException:
        drop_lease()
        raise


def compare() -> tuple[Fingerprint, int | None]:
    """What the next release would be made of, and which release is made of it already; raises where nothing may be."""
    with step("compare") as note:
        ensure_all_raw_tables()
        with open_transaction("test vector of VN-2000") as conn:
            assert_test_vector(conn)
        assert_waivers_fit(load_rulebooks())
        fingerprint = read_fingerprint()
        same = releases.release_made_of(fingerprint)
        left_out = loaded_rulebooks()[1]
        note("something changed" if same is None else f"nothing changed since release {same}")
        if left_out:
            note(f"left out, because a source was never loaded: {', '.join(left_out)}")
    return fingerprint, same


def open_next(fingerprint: Fingerprint, *, rebuild: bool) -> Release:
    """Builds the warehouse and opens the release that is made of it, under the lease that the caller holds."""
    with step("build") as note:
        # Great Expectations takes seconds to import; in a thread it would slow down what this process still does.
        built = build_warehouse(
            fingerprint, everything=rebuild, meanwhile=lambda: import_module("expectations.checkpoint")
        )
        note(f"{built.models} models, {built.tests} tests")
    ready_rulebooks()
    return releases.open_release(fingerprint)


def check(release: Release) -> None:
    """Writes every failing key of every dataset to quality.row_outcome."""
    with step("check_rows") as note:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            counts = list(pool.map(lambda book: row_check.check_rows(book, release), ready_rulebooks()))
        note(f"{sum(c.rows for c in counts):,} rows, {row_check.count_held(release.release_id):,} held")


def stage(release: Release) -> bool:
    """Stages every dataset. False when that changes nothing for readers: the release was then abandoned."""
    stage_all(release)
    if not is_unchanged(release.release_id):
        return True
    abandon(release, reason="nothing to publish: the rows are those of the published release")
    _confirm(like=release)
    return False


def stage_all(release: Release) -> None:
    """Stages every dataset."""
    with step("stage") as note, ThreadPoolExecutor(AT_ONCE) as pool:
        books = ready_rulebooks()
        counts = list(pool.map(lambda book: releases.stage(release, book.dataset), books))
        note(f"{len(books)} datasets, {sum(c.added + c.changed + c.closed for c in counts):,} changes")


def gate(release: Release) -> None:
    """Judges what would be published; raises `GateClosed` after abandoning the release when it may not be."""
    verdict = judge(release)
    if not verdict.is_open:
        error = verdict.as_error(str(report_page(release.release_id)))
        abandon(release, reason=f"gate closed: {error.found}")
        raise error


def judge(release: Release) -> Verdict:
    """The verdict on what would be published."""
    with step("gate") as note:
        verdict = verdict_of(release)
        note(f"{len(verdict.rules)} expectations, {'open' if verdict.is_open else 'CLOSED'}")
    return verdict


def publish(release: Release) -> None:
    """Shows the release to all readers at once, if the waivers that it rests on are in force on this day still."""
    with step("publish") as note:
        assert_waivers_stand(release.release_id)
        releases.publish(release)
        note(f"release {release.release_id}")


def abandon(release: Release, *, reason: str) -> None:
    """Takes the release back; what readers see was never touched."""
    with step("abandon") as note:
        releases.abandon(release, reason=reason)
        note(reason)


def report(release: Release) -> Path:
    """Writes the report of the release, published or not, and answers where it is."""
    with step("report") as note:
        page = write_report(release.release_id)
        note(str(page))
    return page


def _keep(same: int) -> None:
    if same == releases.current_release():
        _confirm()
    else:
        log.warning("release %s was rolled back and stays so; `lienthong rollback --to %s` shows it again", same, same)


def _confirm(*, like: Release | None = None) -> None:
    with step("confirm"):
        releases.confirm((book.dataset for book in ready_rulebooks()), like=like)


def _still_current() -> ReleaseResult:
    current = releases.current_release()
    drop_lease()
    assert current is not None, "only what is published can be unchanged"
    return ReleaseResult(current, is_published=False, report=report_page(current))
