"""A dataset that changes shape: additions reach readers without making them wait, anything else is a Stop."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest

from connectors.errors import ContractInvalid, PublishedShapeBroken, WarehouseBusy
from connectors.warehouse import releases, shared_views
from tests.conftest import Warehouse
from tests.integration.released_things import THING, fill, good, make_relation, rows, run_release, served


@pytest.fixture
def builder(warehouse: Warehouse) -> Iterator[psycopg.Connection]:
    """A connection as lt_builder to a warehouse in which THING was published once."""
    with warehouse.connect("lt_builder") as conn:
        make_relation(conn)
        fill(conn, [("a", "1")])
        run_release()
        yield conn


def stage_error(kind: type[Exception], dataset=THING) -> str:
    release = releases.open_release({})
    with pytest.raises(kind) as caught:
        releases.stage(release, dataset)
    releases.abandon(release, reason="shape")
    return str(caught.value)


def test_added_column_comes_last_and_history_still_answers(warehouse: Warehouse, builder) -> None:
    builder.execute("alter table warehouse.thing add column colour text")
    builder.execute("update warehouse.thing set colour = 'đỏ', row_hash = 'x'")
    run_release()
    with warehouse.connect("procedure_reader") as reader:
        names = [d.name for d in reader.execute("select * from shared.thing").description or ()]
        assert names[-3:] == ["is_held", "source_as_of", "colour"]
        assert rows(reader, "select colour from shared.thing") == [("đỏ",)]
        assert rows(reader, "select colour from shared.thing_at(1)") == [(None,)]


def test_places_and_lists_are_indexed_in_the_release(warehouse: Warehouse, builder) -> None:
    builder.execute("alter table warehouse.thing add column members text[] default '{a}'")
    run_release()
    with warehouse.connect("admin") as admin:
        made = rows(
            admin,
            "select distinct am.amname from pg_index as i join pg_class as c on i.indexrelid = c.oid "
            "join pg_am as am on c.relam = am.oid where i.indrelid = 'release.thing'::regclass order by 1",
        )
    assert made == [("btree",), ("gin",), ("gist",)]


def test_views_that_stay_the_same_are_not_replaced(warehouse: Warehouse, builder) -> None:
    query = "select relname, xmin from pg_class where relname like 'thing%%' order by 1"
    with warehouse.connect("admin") as admin:
        before = rows(admin, query)
        run_release()
        assert rows(admin, query) == before


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("alter table warehouse.thing drop column label", "label is gone"),
        ("alter table warehouse.thing alter column label type int using 1", "label is integer and was text"),
    ],
)
def test_lost_or_retyped_column_stops(builder, change: str, found: str) -> None:
    builder.execute(change)
    assert found in stage_error(PublishedShapeBroken)


def test_other_key_stops(builder) -> None:
    assert "thing_key" in stage_error(PublishedShapeBroken, replace(THING, key=("label",)))


@pytest.mark.parametrize(
    ("dataset", "found"),
    [
        (replace(THING, name="new", relation="warehouse.nowhere"), "row_hash"),
        (replace(THING, name="new", facts=("unknown",)), "unknown"),
        (replace(THING, name="new", key=("unknown",)), "unknown"),
    ],
)
def test_header_that_does_not_fit_stops(builder, dataset, found: str) -> None:
    assert found in stage_error(ContractInvalid, dataset)


def test_long_reader_is_neither_broken_nor_in_the_way_of_others(warehouse, builder) -> None:
    builder.execute("alter table warehouse.thing add column colour text")
    release = releases.open_release({})
    staging = threading.Thread(target=releases.stage, args=(release, THING))
    with warehouse.connect("procedure_reader", autocommit=False) as long_reader:
        assert served(long_reader) == good(a="1")
        staging.start()
        time.sleep(0.5)
        slowest = max(_timed_look(warehouse) for _ in range(10))
        assert slowest < 2, "other readers queue behind the waiting DDL"
        assert served(long_reader) == good(a="1")
    staging.join()
    releases.publish(release)


def test_reader_that_does_not_end_makes_the_stage_give_up(warehouse, builder, monkeypatch) -> None:
    builder.execute("alter table warehouse.thing add column colour text")
    monkeypatch.setattr(shared_views, "_PATIENCE_SECONDS", 0.1)
    with warehouse.connect("procedure_reader", autocommit=False) as long_reader:
        assert served(long_reader) == good(a="1")
        stage_error(WarehouseBusy)
    run_release()


def _timed_look(warehouse: Warehouse) -> float:
    with warehouse.connect("procedure_reader") as conn:
        started = time.monotonic()
        assert served(conn) == good(a="1")
        return time.monotonic() - started
