"""What would change before anything is published: the next release is built, checked, staged and judged, compared with
what readers see, and taken back.

The steps are those of `release_steps.py`, without what readers would notice: no age is confirmed, nothing is
published. What a run of this leaves is an abandoned release, with its entries in the ledger. How it is shown is in
`preview_text.py`.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from connectors.warehouse import releases
from connectors.warehouse.carry import carry_unstaged
from connectors.warehouse.lease import drop_lease, fenced_transaction, hold_lease, open_transaction
from connectors.warehouse.releases import Release
from expectations.dossiers.answering import AnswerChanges, OpenDossiers, open_dossiers
from expectations.preview_diff import DatasetDiff, dataset_diffs
from expectations.progress import step
from expectations.release_steps import abandon, check, compare, judge, open_next, stage_all
from expectations.unchanged import is_unchanged
from expectations.verdicts import Verdict

REASON = "preview: it was staged to see what would change, and not to be published"


@dataclass(frozen=True)
class Preview:
    """What the next release would do. `base` is the release that readers see; None before the first.

    `release_id` is None when nothing was built, because all is as it was for release `same_as`. `is_unchanged`: nothing
    would be published, at most the ages of the sources confirmed; there is no `verdict` then. `answers` is None without
    a list of dossiers.
    """

    base: int | None
    release_id: int | None = None
    same_as: int | None = None
    is_unchanged: bool = False
    verdict: Verdict | None = None
    datasets: tuple[DatasetDiff, ...] = ()
    answers: AnswerChanges | None = None


def run_preview(*, dossiers: Path | None = None, changes_to: Path | None = None, rebuild: bool = False) -> Preview:
    """Stages the next release, says what it would change, and takes it back, however this ends.

    `dossiers` is read and judged first (`DossiersUnreadable`). `changes_to` gets every answer that changes. Raises what
    a failing step of the release raises; a closed gate is an answer here and no error.
    """
    with open_dossiers(dossiers) if dossiers else nullcontext() as asked:
        base = releases.current_release()
        # Ages that are confirmed may change answers: for dossiers, the same content is staged again.
        with _open_release(base, staying=asked is None, rebuild=rebuild) as opened:
            if isinstance(opened, Release):
                return _compare(opened, base, asked, changes_to)
            return Preview(base, same_as=opened, is_unchanged=True, answers=_no_answers(asked, changes_to))


def _compare(release: Release, base: int | None, asked: OpenDossiers | None, changes_to: Path | None) -> Preview:
    check(release)
    stage_all(release)
    unchanged = is_unchanged(release.release_id)
    verdict = None if unchanged else judge(release)
    with step("differences") as note:
        # What publishing would take over is part of the release that is asked, and is undone with it.
        with fenced_transaction(release, f"datasets that release {release.release_id} takes over") as conn:
            carry_unstaged(conn, release.release_id)
        with open_transaction(f"differences of release {release.release_id}") as conn:
            diffs = dataset_diffs(conn, base, release.release_id)
        note(f"{sum(d.changes for d in diffs):,} rows")
    answers = _answers(release, base, asked, changes_to) if asked else None
    return Preview(base, release.release_id, None, unchanged, verdict, diffs, answers)


def _answers(release: Release, base: int | None, asked: OpenDossiers, changes_to: Path | None) -> AnswerChanges:
    with step("dossiers") as note:
        answers = asked.compare(base, release)
        note(f"{answers.dossiers:,} dossiers, {answers.asked:,} asked, {answers.answers_changed:,} answers change")
        if changes_to:
            asked.write_changes(changes_to)
    return answers


def _no_answers(asked: OpenDossiers | None, changes_to: Path | None) -> AnswerChanges | None:
    if changes_to:
        changes_to.write_bytes(b"")
    return AnswerChanges(asked.count, 0, 0, ()) if asked else None


@contextmanager
def _open_release(base: int | None, *, staying: bool, rebuild: bool) -> Iterator[Release | int]:
    """The next release, built and open, and abandoned at the end; or the release that is made of the same already.

    The latter only where it would not even be confirmed, or when nobody asks what that would change (`staying`).
    """
    hold_lease()
    try:
        fingerprint, same = compare()
        if same is not None and not rebuild and (staying or same != base):
            yield same
            return
        release = open_next(fingerprint, rebuild=rebuild)
        try:
            yield release
        finally:
            abandon(release, reason=REASON)
    finally:
        drop_lease()
