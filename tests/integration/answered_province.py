"""The made-up province of the benchmarks, small, in a warehouse of its own; and how tests ask it. Not a test."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from infra.cluster import Cluster
from infra.databases import database_dsn, ensure_warehouse
from tests.benchmarks.checks_world import make_world

PARCELS = 900
# A second release of the same rows; and a record that is held back from the release in service.
PUBLISH_ANOTHER = (
    "insert into release.release (status, published_at) values ('published', now() + interval '1 second')",
    """
    insert into release.dataset_release
    select d.dataset, r.release_id, d.row_count, 0, 0, 0, 0, d.source_as_of, d.max_age
    from release.dataset_release as d inner join release.pointer as p on d.release_id = p.release_id,
        (select max(release_id) as release_id from release.release) as r
    """,
    "update release.pointer set release_id = (select max(release_id) from release.release)",
)
HELD_NOW = (
    "insert into quality.row_outcome (dataset, record_key, release_id, outcome, rule_ids, custodian, concerns) "
    "select '{dataset}', '{key}', release_id, 'held', '{{L03}}', 'Văn phòng đăng ký', '{{{concerns}}}' "
    "from release.pointer"
)


@dataclass(frozen=True)
class Province:
    """A published province; `release` is its first release."""

    release: int
    reader_dsn: str
    admin_dsn: str

    def ask(self, code: str, subject: Any, release: int | None = None) -> dict[str, tuple]:
        """The answers as the procedure system gets them: result, reason, evidence by check."""
        with psycopg.connect(self.reader_dsn, autocommit=True) as conn:
            return answers(conn, code, subject, release)

    @contextmanager
    def changed(self, *statements: str) -> Iterator[psycopg.Connection]:
        """A connection that sees these changes and takes them back at the end."""
        with psycopg.connect(self.admin_dsn) as conn:
            for statement in statements:
                conn.execute(statement)
            yield conn
            conn.rollback()


def answers(conn: psycopg.Connection, code: str, subject: Any, release: int | None = None) -> dict[str, tuple]:
    """Result, reason and evidence by check."""
    rows = conn.execute(
        "select check_code, result, reason_code, evidence from shared.check_procedure(%s, %s, %s)",
        (code, subject if isinstance(subject, str) else json.dumps(subject), release),
    )
    return {row[0]: row[1:] for row in rows}


@contextmanager
def province(cluster: Cluster, name: str, home: Path) -> Iterator[Province]:
    """Within it LIENTHONG_* point at the warehouse `name`, in which the province is published."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIENTHONG_HOME", str(home))
        settings = ensure_warehouse(cluster, name)
        for setting, dsn in settings.items():
            patch.setenv(setting, dsn)
        admin = database_dsn(cluster.admin_dsn, name)
        yield Province(make_world(PARCELS), settings["LIENTHONG_DSN_PROCEDURE_READER"], admin)
