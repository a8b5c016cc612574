"""Connections of the code under test that are taken up again when it asks for the same, for tests of many releases.

To open one, and to fill its caches, takes longer than what a small release does with it. What a connection brings to
its next user is nothing: no transaction, no setting, no lock, no temporary table. Not a test.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg.pq import TransactionStatus


class Kept(psycopg.Connection):
    """A connection whose closing hands it back."""

    rest: list["Kept"]

    def close(self) -> None:
        """To the others of its kind, as if it were new; really, when it is broken."""
        if self.closed or self.broken:
            super().close()
            return
        if self.info.transaction_status != TransactionStatus.IDLE:
            self.rollback()
        was = self.autocommit
        self.autocommit = True
        self.execute("select pg_advisory_unlock_all()")
        self.execute("reset all")
        self.execute("discard temp")
        self.autocommit = was
        self.rest.append(self)

    def close_really(self) -> None:
        super().close()


@contextmanager
def kept_connections() -> Iterator[None]:
    """Within it every connection of our code is a kept one; those of tests and of others are not."""
    rest: defaultdict[tuple[str, bool], list[Kept]] = defaultdict(list)
    connect = psycopg.connect

    def take(dsn: str, *, autocommit: bool = False, **options: Any) -> psycopg.Connection:
        if options.get("application_name") != "lienthong":
            return connect(dsn, autocommit=autocommit, **options)
        free = rest[dsn, autocommit]
        if free:
            return free.pop()
        made = Kept.connect(dsn, autocommit=autocommit, **options)
        made.rest = free
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(psycopg, "connect", take)
        yield
    for free in rest.values():
        for connection in free:
            connection.close_really()
