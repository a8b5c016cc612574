"""Approvals: a person confirms that rows above the ceiling of a contract are truly gone at the source.

An approval is bound to the rows: place and the hash of all keys that would be deleted. It is good once, until it
expires, and the ledger says who granted it and which batch used it. Only the hash of the token is kept.
"""

import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from hashlib import sha256

import psycopg

from connectors.errors import ApprovalInvalid
from connectors.warehouse.checkpoints import keep_checkpoint_after
from connectors.warehouse.connect import connect
from connectors.warehouse.ledger import record


@dataclass(frozen=True)
class MassDelete:
    """Rows that are live and no longer at the source: where, how many of how many, and the hash of their keys."""

    system: str
    table_name: str
    partition: str
    deleted: int
    live_rows: int
    gone_sha256: str

    @property
    def where(self) -> str:
        return f"{self.system}.{self.table_name} [{self.partition}]"


Decide = Callable[[psycopg.Connection, MassDelete, int], bool]
"""Called with a delete above the ceiling and the number of its batch; whether it may be applied."""


def refuse(_conn: psycopg.Connection, _delete: MassDelete, _batch_id: int) -> bool:
    """What a load does without an approval."""
    return False


def using(token: str) -> Decide:
    """Applies the delete that the token was granted for; any other is refused as ever.

    The token is spent in the transaction of the load. Raises `ApprovalInvalid` where it cannot be used.
    """

    def decide(conn: psycopg.Connection, delete: MassDelete, batch_id: int) -> bool:
        row = conn.execute(_FIND, [_hash(token)]).fetchone()
        if row is None:
            raise _invalid(delete, "no approval with this token")
        place, gone, is_used, is_expired = tuple(row[:3]), *row[3:]
        if place != (delete.system, delete.table_name, delete.partition):
            return False
        if is_used or is_expired:
            raise _invalid(delete, "one that was used already" if is_used else "one that has expired")
        if gone != delete.gone_sha256:
            raise _invalid(delete, f"one for other rows than the {delete.deleted} that are gone now")
        if conn.execute(_USE, [batch_id, _hash(token)]).rowcount != 1:
            raise _invalid(delete, "one that another load has used meanwhile")
        record(conn, "approval.used", asdict(delete) | {"batch_id": batch_id, "token_sha256": _hash(token)})
        return True

    return decide


def grant(delete: MassDelete, *, approved_by: str, reason: str, valid: timedelta) -> str:
    """Grants the delete and answers the token, which is shown this once. Needs the owner of the warehouse."""
    token = secrets.token_urlsafe(24)
    facts = asdict(delete) | {"approved_by": approved_by, "reason": reason, "token_sha256": _hash(token)}
    with connect("owner") as conn, conn.transaction():
        row = conn.execute(_GRANT, facts | {"valid": valid}).fetchone()
        assert row is not None
        record(conn, "approval.granted", facts | {"expires_at": row[0].isoformat()})
    keep_checkpoint_after(f"approval for {delete.where}")
    return token


_FIND = """
select system, table_name, partition, gone_sha256, used_at is not null, expires_at < now()
from raw._approval where token_sha256 = %s
"""
# Waits for whoever uses it at the same time, and then finds it used.
_USE = "update raw._approval set used_at = now(), batch_id = %s where token_sha256 = %s and used_at is null"
_GRANT = """
insert into raw._approval (
    token_sha256, system, table_name, partition, gone_sha256, deleted, live_rows, approved_by, reason, expires_at
)
values (
    %(token_sha256)s, %(system)s, %(table_name)s, %(partition)s, %(gone_sha256)s, %(deleted)s, %(live_rows)s,
    %(approved_by)s, %(reason)s, now() + %(valid)s
)
returning expires_at
"""


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def _invalid(delete: MassDelete, found: str) -> ApprovalInvalid:
    return ApprovalInvalid(
        expected="an unused approval of exactly these deletes",
        found=found,
        where=delete.where,
        next_step="Nothing was loaded. If the owner of the source confirms what is gone now, run `lienthong approve`.",
    )
