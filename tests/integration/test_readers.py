"""Fifty readers through fifty publishes and rollbacks, at both isolation levels: no error, never mixed or empty.

In every release all rows of two datasets carry the same label, so one look tells whether two releases were mixed.
"""

import threading
import time
from collections import Counter
from dataclasses import replace

import psycopg

from connectors.warehouse import releases
from tests.conftest import Warehouse
from tests.integration.released_things import THING, make_relation

OTHER = replace(THING, name="other", relation="warehouse.other")
ROUNDS, READERS, ROWS = 50, 50, 30
PAUSE_SECONDS = 0.15  # the readers must not starve the releases that they watch
LOOK = """
select count(*), count(distinct label), min(label),
    (select count(*) from shared.other), (select release_id from shared.dataset_status where dataset = 'thing')
from (select label from shared.thing union all select label from shared.other) as both_datasets
"""


class Readers:
    """Threads that look until told to stop, and what they saw."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        self.stop = threading.Event()
        self.seen: Counter[str] = Counter()
        self.labels: set[tuple[int, str]] = set()
        self.guard = threading.Lock()
        self.threads = [threading.Thread(target=self._read, args=(i,)) for i in range(READERS)]

    def _read(self, number: int) -> None:
        level = (psycopg.IsolationLevel.READ_COMMITTED, psycopg.IsolationLevel.REPEATABLE_READ)[number % 2]
        try:
            with self.warehouse.connect("procedure_reader", autocommit=False) as conn:
                conn.isolation_level = level
                while not self.stop.is_set():
                    looks = [self._look(conn, prepare=number % 4 < 2) for _ in range(3)]
                    conn.commit()
                    is_torn = level == psycopg.IsolationLevel.REPEATABLE_READ and len(set(looks)) > 1
                    self._note(level.name, looks, is_torn)
        except psycopg.Error as error:
            self._note(f"error {type(error).__name__} {error}", [], False)

    def _look(self, conn: psycopg.Connection, prepare: bool) -> tuple:
        row = conn.execute(LOOK, prepare=prepare).fetchone()
        assert row is not None
        time.sleep(PAUSE_SECONDS)
        return row

    def _note(self, kind: str, looks: list[tuple], is_torn: bool) -> None:
        with self.guard:
            self.seen[kind] += max(1, len(looks))
            self.seen["torn transaction"] += is_torn
            for count, labels, label, others, release in looks:
                self.seen["empty"] += not others or not count
                self.seen["mixed"] += labels != 1 or count != 2 * ROWS
                self.labels.add((release, label))


def test_readers_see_whole_releases_only(warehouse: Warehouse) -> None:
    with warehouse.connect("lt_builder") as builder:
        for dataset in (THING, OTHER):
            make_relation(builder, dataset)
            builder.execute(
                f"insert into {dataset.relation} select i::text, '', 1, null, '' from generate_series(1, {ROWS}) as i"
            )
        published = {publish(builder, "first"): "first"}
        readers = Readers(warehouse)
        for thread in readers.threads:
            thread.start()
        try:
            play(builder, published)
        finally:
            readers.stop.set()
            for thread in readers.threads:
                thread.join()
    print(f"\n{ROUNDS} publishes and rollbacks, {READERS} readers: {dict(readers.seen)}, {len(readers.labels)} states")
    assert set(readers.seen) == {"READ_COMMITTED", "REPEATABLE_READ", "torn transaction", "empty", "mixed"}
    assert readers.seen["torn transaction"] == readers.seen["empty"] == readers.seen["mixed"] == 0
    assert readers.labels <= set(published.items())
    assert len(readers.labels) > ROUNDS // 4, "the readers saw hardly any of the releases"


def play(builder: psycopg.Connection, published: dict[int, str]) -> None:
    for turn in range(ROUNDS):
        if turn % 5 == 4:
            releases.rollback(sorted(published)[-2], reason="turn")
        else:
            published[publish(builder, f"turn {turn}")] = f"turn {turn}"
        if turn == 20:
            builder.execute("alter table warehouse.thing add column remark text")
        if turn % 10 == 9:
            releases.collect(4)


def publish(builder: psycopg.Connection, label: str) -> int:
    for dataset in (THING, OTHER):
        builder.execute(
            f"update {dataset.relation} set label = %(label)s, row_hash = sha256(convert_to(%(label)s, 'UTF8'))",
            {"label": label},
        )
    release = releases.open_release({})
    for dataset in (THING, OTHER):
        releases.stage(release, dataset)
    releases.publish(release)
    return release.release_id
