"""Releases: open, stage, publish by one UPDATE, abandon, roll back.

The content of a release is written in `stage.py`, what readers see is made in `shared_views.py`, old versions go in
`collect.py`. History is never rewritten: a rollback moves the pointer and nothing else, so `shared.<dataset>_at`
still answers what was served before it, and the next release is compared with what was published last.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from connectors.errors import ReleaseConflict
from connectors.warehouse import ledger
from connectors.warehouse.carry import carry_unstaged
from connectors.warehouse.checkpoints import keep_checkpoint_after
from connectors.warehouse.collect import collect
from connectors.warehouse.connect import connect
from connectors.warehouse.datasets import Dataset
from connectors.warehouse.lease import (
    Release,
    conflict,
    drop_lease,
    fenced_transaction,
    hold_lease,
    open_transaction,
    status_of,
)
from connectors.warehouse.shared_views import create_shared
from connectors.warehouse.source_age import source_as_of
from connectors.warehouse.stage import StageCounts, stage, undo_versions

__all__ = [
    "Release",
    "StageCounts",
    "abandon",
    "collect",
    "confirm",
    "current_release",
    "open_release",
    "publish",
    "release_made_of",
    "rollback",
    "stage",
]


def open_release(fingerprint: Mapping[str, Any]) -> Release:
    """Open the next release and keep the lease on it until publish, abandon or the end of this process.

    A release that a dead run left open is abandoned first. `WarehouseBusy` while another run is alive.
    """
    hold_lease()
    try:
        with open_transaction("opening of a release") as conn:
            _abandon_leftover(conn)
            row = conn.execute(
                "insert into release.release (status, base_release, fingerprint) "
                "select 'staged', p.release_id, %s from release.pointer as p returning release_id, token::text",
                (Jsonb(dict(fingerprint)),),
            ).fetchone()
            assert row is not None
            ledger.record(conn, "release.opened", {"release_id": row[0], "fingerprint": dict(fingerprint)})
    except BaseException:
        drop_lease()
        raise
    return Release(*row)


def publish(release: Release) -> None:
    """Show the staged release to all readers, every dataset at once, by one UPDATE of the pointer.

    Repeating it for a release that is published changes nothing. `ReleaseConflict` when the release was taken over,
    when nothing was staged, or when the pointer moved meanwhile.
    """
    where = f"publish of release {release.release_id}"
    if status_of(release) != "published":
        with fenced_transaction(release, where, lock="update") as conn:
            _publish(conn, release, where)
    drop_lease()
    keep_checkpoint_after(where)


def abandon(release: Release, *, reason: str) -> None:
    """Close a release unpublished and take its versions back; repeating it changes nothing."""
    where = f"abandoning of release {release.release_id}"
    if status_of(release) != "abandoned":
        with fenced_transaction(release, where, lock="update") as conn:
            _abandon(conn, release.release_id, reason)
    drop_lease()


def rollback(to: int, *, reason: str) -> None:
    """Let readers see an earlier release again, from one moment to the next.

    Releases after it become `rolled_back`; their rows are kept, so `to` may also name one of those to undo a
    rollback. An open release that nobody works on is abandoned. `ReleaseConflict` when `to` cannot be served.
    """
    where = f"rollback to release {to}"
    hold_lease()
    try:
        with open_transaction(where) as conn:
            _abandon_leftover(conn)
            row = conn.execute("select release_id from release.pointer for update").fetchone()
            current = row[0] if row else None
            _check_target(conn, to, current, reason)
            conn.execute("update release.pointer set release_id = %s", (to,))
            conn.execute(
                "update release.release set status = case when release_id > %(to)s then 'rolled_back' "
                "else 'published' end, reason = case when release_id > %(to)s then %(reason)s end "
                "where (release_id > %(to)s and status = 'published') or release_id = %(to)s",
                {"to": to, "reason": reason},
            )
            ledger.record(conn, "release.rolled_back", {"from": current, "to": to, "reason": reason})
    finally:
        drop_lease()
    keep_checkpoint_after(where)


def confirm(datasets: Iterable[Dataset], *, like: Release | None = None) -> None:
    """Note that the published release is still the newest state: refresh the age of its sources, nothing else.

    `like` is a release that was staged and turned out to hold the same rows: its fingerprint counts from now on.
    """
    with open_transaction("confirmation of the current release") as conn:
        row = conn.execute("select release_id from release.pointer for share").fetchone()
        current = row[0] if row else None
        if current is None:
            raise ReleaseConflict(
                expected="a published release to confirm",
                found="none",
                where="release.pointer",
                next_step="Run a release first.",
            )
        ages = {d.name: source_as_of(conn, d.sources) for d in datasets}
        for name, age in ages.items():
            conn.execute(
                "update release.dataset_release set source_as_of = coalesce(%s, source_as_of) "
                "where dataset = %s and release_id = %s",
                (age, name, current),
            )
        if like is not None:
            conn.execute(
                "update release.release as r set fingerprint = same.fingerprint from release.release as same "
                "where r.release_id = %s and same.release_id = %s",
                (current, like.release_id),
            )
        payload = {name: age.isoformat() if age else None for name, age in ages.items()}
        ledger.record(
            conn,
            "release.confirmed",
            {"release_id": current, "source_as_of": payload, "like": like.release_id if like else None},
        )


def current_release() -> int | None:
    """The release that readers see, or None before the first one."""
    with connect("lt_publisher") as conn:
        row = conn.execute("select release_id from release.pointer").fetchone()
    return row[0] if row else None


def release_made_of(fingerprint: Mapping[str, Any]) -> int | None:
    """The release made of just this: the one that readers see, or one that was rolled back; None if it is new."""
    with connect("lt_publisher") as conn:
        row = conn.execute(
            "select r.release_id from release.release as r cross join release.pointer as p "
            "where r.fingerprint = %s and (r.release_id = p.release_id or r.status = 'rolled_back') "
            "order by r.release_id = p.release_id desc, r.release_id desc limit 1",
            (Jsonb(dict(fingerprint)),),
        ).fetchone()
    return row[0] if row else None


def _publish(conn: psycopg.Connection, release: Release, where: str) -> None:
    pointer, base, staged = conn.execute(
        "select p.release_id, r.base_release, (select count(*) from release.dataset_release as d "
        "where d.release_id = r.release_id) from release.pointer as p, release.release as r "
        "where r.release_id = %s for update of p",
        (release.release_id,),
    ).fetchone() or (None, None, 0)
    if pointer != base:
        raise conflict(release, f"release {pointer} is published, and was {base} when this one was opened", where)
    if not staged:
        raise conflict(release, "no dataset was staged in it", where)
    carry_unstaged(conn, release.release_id)
    held: dict[str, dict[str, int]] = {}
    for name, rows, added, changed, closed, held_count in conn.execute(
        "select dataset, row_count, added, changed, closed, held_count from release.dataset_release "
        "where release_id = %s order by dataset",
        (release.release_id,),
    ):
        create_shared(conn, name)
        held[name] = {"rows": rows, "added": added, "changed": changed, "closed": closed, "held": held_count}
    conn.execute(
        "update release.release set status = 'published', published_at = clock_timestamp(), "
        "closed_at = clock_timestamp() where release_id = %s",
        (release.release_id,),
    )
    try:
        conn.execute("update release.pointer set release_id = %s", (release.release_id,))
    except psycopg.errors.IntegrityConstraintViolation as error:  # the database's own last word: 120_conservation.sql
        raise ReleaseConflict(
            expected="every source row to be published, held, rejected, superseded or out of scope",
            found=str(error.diag.message_primary),
            where=where,
            next_step="Nothing was published. quality.conservation says which rows of which partition are missing.",
        ) from error
    payload = {"release_id": release.release_id, "instead_of": base, "datasets": held}
    ledger.record(conn, "release.published", payload)


def _abandon_leftover(conn: psycopg.Connection) -> None:
    row = conn.execute("select release_id from release.release where status = 'staged' for update").fetchone()
    if row is not None:
        _abandon(conn, row[0], "the run that opened it ended without closing it")


def _abandon(conn: psycopg.Connection, release_id: int, reason: str) -> None:
    names = conn.execute("select dataset from release.dataset order by dataset").fetchall()
    for (name,) in names:
        if conn.execute("select to_regclass(%s) is null", (f"release.{name}",)).fetchone() == (False,):
            undo_versions(conn, name, release_id)
    conn.execute(
        "update release.release set status = 'abandoned', closed_at = clock_timestamp(), reason = %s "
        "where release_id = %s",
        (reason, release_id),
    )
    ledger.record(conn, "release.abandoned", {"release_id": release_id, "reason": reason})


def _check_target(conn: psycopg.Connection, to: int, current: int | None, reason: str) -> None:
    row = conn.execute(
        "select r.status in ('published', 'rolled_back') and r.release_id >= k.oldest_release "
        "from release.release as r, release.kept as k where r.release_id = %s for share of k",
        (to,),
    ).fetchone()
    is_served_already = to == current
    if row is None or not row[0] or is_served_already or not reason.strip():
        raise ReleaseConflict(
            expected="a reason, and a release that was published, is kept, and is not the current one",
            found=f"release {to} is the current one" if is_served_already else f"release {to}, reason {reason!r}",
            where="shared.release",
            next_step="Choose one of `select release_id, status, published_at from shared.release`.",
        )
