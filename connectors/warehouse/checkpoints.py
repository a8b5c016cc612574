"""Checkpoints of the ledger: its last number and hash, kept where those who can write the ledger cannot reach.

A chain proves that nothing in its middle was touched. That its end was cut off, or that all of it was written anew,
only shows against a copy of its head kept elsewhere. The setting LIENTHONG_CHECKPOINTS names the places, separated by
spaces: `file:///mnt/worm/checkpoints.jsonl` is appended to, any SQLAlchemy URL is a database in which the table
`ledger_checkpoint` is kept. Without the setting a file beside the exports is used, which only shows accidents.

One is kept every night, and after every publish, rollback and approval: what these deeds wrote cannot be cut off
unnoticed from then on.
"""

import json
import logging
import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import psycopg
import sqlalchemy as sa

from connectors.errors import CheckpointUnkept, CheckpointUnread, LedgerBroken, LienThongError, SettingMissing
from connectors.settings import home, setting
from connectors.warehouse.connect import connect
from connectors.warehouse.ledger_verify import verify_ledger

log = logging.getLogger("lienthong")
_CONNECT_SECONDS = 5

_TABLE = sa.Table(
    "ledger_checkpoint",
    sa.MetaData(),
    sa.Column("seq", sa.BigInteger, primary_key=True),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("kept_at", sa.String(32), nullable=False),
)


class Checkpoint(NamedTuple):
    """The head of the ledger at one moment: number and hash of its last entry, and when it was kept (ISO 8601, UTC)."""

    seq: int
    hash: str
    kept_at: str


def places() -> list[str]:
    """Where checkpoints are kept, as URLs."""
    try:
        return setting("LIENTHONG_CHECKPOINTS").split()
    except SettingMissing:
        return [(home() / "ledger" / "checkpoints.jsonl").as_uri()]


def keep_checkpoint() -> Checkpoint | None:
    """Keeps the present head of the ledger in every place; None while the ledger is empty.

    Raises `CheckpointUnkept` when a place cannot be written; the others were written all the same.
    """
    with connect("auditor_reader") as conn:
        row = conn.execute("select seq, hash from audit.ledger order by seq desc limit 1").fetchone()
    if row is None:
        return None
    checkpoint = Checkpoint(row[0], row[1], datetime.now(UTC).isoformat(timespec="seconds"))
    failed = {place: reason for place in places() if (reason := _keep(place, checkpoint))}
    if failed:
        raise CheckpointUnkept(
            expected=f"the checkpoint of entry {checkpoint.seq} in every place of LIENTHONG_CHECKPOINTS",
            found="; ".join(failed.values()),
            where=", ".join(map(_shown, failed)),
            next_step="Make the place reachable and writable, then `lienthong ledger checkpoint`.",
        )
    return checkpoint


def keep_checkpoint_after(deed: str) -> None:
    """Keeps the head of the ledger after what `deed` names was committed: that stands, whatever happens here.

    Where a checkpoint cannot be kept, a warning says so with the four facts of the error.
    """
    try:
        keep_checkpoint()
    except (LienThongError, psycopg.Error) as error:
        log.warning("%s stands, but no checkpoint of it was kept: %s: %s", deed, type(error).__name__, error)


def read_checkpoints(place: str) -> list[Checkpoint]:
    """All checkpoints of a place, the oldest first; none when nothing was kept there yet."""
    if urlsplit(place).scheme == "file":
        path = _path(place)
        return sorted(_read_file(path)) if path.exists() else []
    try:
        return _read_database(place)
    except (ImportError, sa.exc.SQLAlchemyError) as error:
        raise CheckpointUnread(
            expected="a file of checkpoints, or the URL of a database that keeps them",
            found=_reason(error),
            where=_shown(place),
            next_step="Make it reachable, or name the file by its path or as file:///….",
        ) from error


def verify_against(path: Path, checkpoints: Iterable[Checkpoint]) -> int:
    """The number of entries of an exported ledger that is sound and has every checkpoint in it.

    Raises `LedgerBroken` when the chain is broken, cut off before a checkpoint, or not the chain that was sealed.
    """
    sealed = {checkpoint.seq: checkpoint for checkpoint in checkpoints}
    agreed = 0

    def compare(seq: int, found: str) -> None:
        nonlocal agreed
        checkpoint = sealed.get(seq)
        if checkpoint is not None and checkpoint.hash != found:
            raise _replaced(path, checkpoint, agreed)
        agreed = seq if checkpoint is not None else agreed

    count = verify_ledger(path, compare if sealed else None)
    beyond = [checkpoint for seq, checkpoint in sealed.items() if seq > count]
    if beyond:
        raise _cut_off(path, count, min(beyond))
    return count


def _keep(place: str, checkpoint: Checkpoint) -> str | None:
    """Keeps it in one place; the reason if that failed."""
    try:
        if urlsplit(place).scheme == "file":
            _append(_path(place), checkpoint)
        else:
            _insert(place, checkpoint)
    except (ImportError, OSError, sa.exc.SQLAlchemyError) as error:
        return _reason(error)
    return None


def _reason(error: Exception) -> str:
    """What went wrong, without a text of the driver: a password may stand in it."""
    if isinstance(error, sa.exc.ArgumentError):
        return "no URL of a file (file:///mnt/worm/checkpoints.jsonl) or of a database"
    if isinstance(error, ImportError):
        return f"no driver for that kind of database ({error.name or type(error).__name__})"
    return type(getattr(error, "orig", None) or error).__name__


def _read_database(place: str) -> list[Checkpoint]:
    engine = _engine(place)
    try:
        with engine.connect() as conn:
            if not sa.inspect(conn).has_table(_TABLE.name):
                return []
            rows = conn.execute(sa.select(_TABLE).order_by(_TABLE.c.seq))
            return [Checkpoint(row.seq, row.hash, row.kept_at) for row in rows]
    finally:
        engine.dispose()


def _append(path: Path, checkpoint: Checkpoint) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(checkpoint._asdict()) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _insert(place: str, checkpoint: Checkpoint) -> None:
    engine = _engine(place)
    try:
        with engine.begin() as conn:
            _TABLE.metadata.create_all(conn)
            known = conn.execute(sa.select(_TABLE.c.hash).where(_TABLE.c.seq == checkpoint.seq)).scalar()
            if known is None:
                conn.execute(sa.insert(_TABLE).values(**checkpoint._asdict()))
    finally:
        engine.dispose()


def _engine(place: str) -> sa.Engine:
    """A database of somebody else may be unreachable: nobody waits for it longer than a few seconds."""
    asks = sa.make_url(place).get_backend_name() in {"postgresql", "mysql", "mariadb"}
    return sa.create_engine(place, connect_args={"connect_timeout": _CONNECT_SECONDS} if asks else {})


def _read_file(path: Path) -> Iterator[Checkpoint]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            yield Checkpoint(**json.loads(line))
        except (ValueError, TypeError) as error:
            raise LedgerBroken(
                expected='a checkpoint: {"seq": …, "hash": "…", "kept_at": "…"}',
                found="a line that is none",
                where=f"{path}, line {number}",
                next_step="Compare with another place that keeps checkpoints, and find out who had access.",
            ) from error


def _path(place: str) -> Path:
    return Path(unquote(urlsplit(place).path))


def _shown(place: str) -> str:
    if urlsplit(place).scheme == "file" or place.startswith("/"):
        return place
    try:
        return sa.make_url(place).render_as_string(hide_password=True)
    except sa.exc.ArgumentError:  # not read, so not shown: what looks like nothing may hold a password
        return f"a text of {len(place)} characters"


def _replaced(path: Path, checkpoint: Checkpoint, agreed: int) -> LedgerBroken:
    since = f"between entry {agreed} and {checkpoint.seq}" if agreed else f"at or before entry {checkpoint.seq}"
    return LedgerBroken(
        expected=f"entry {checkpoint.seq} with the hash that was kept at {checkpoint.kept_at}",
        found=f"a sound chain with another hash there: the ledger was written anew {since}",
        where=f"{path}, line {checkpoint.seq}",
        next_step="Compare with an export of before, and find out who could write to the ledger.",
    )


def _cut_off(path: Path, count: int, checkpoint: Checkpoint) -> LedgerBroken:
    return LedgerBroken(
        expected=f"entry {checkpoint.seq}, whose hash was kept at {checkpoint.kept_at}",
        found=f"an end after entry {count}: the last entries were cut off, or the file was exported before that",
        where=str(path),
        next_step="Export the ledger again; if entries are still missing, find out who could write to it.",
    )
