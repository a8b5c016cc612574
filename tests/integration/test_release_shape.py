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


def test_number_with_more_digits_reaches_readers_and_rewrites_no_version(warehouse: Warehouse, builder) -> None:
    builder.execute("alter table warehouse.thing add column area_m2 numeric(18,6)")
    builder.execute("update warehouse.thing set row_hash = 'x', area_m2 = 0.0123456789")
    before = run_release()
    builder.execute("alter table warehouse.thing alter column area_m2 type numeric")
    builder.execute("insert into warehouse.thing (thing_key, area_m2, row_hash) values ('b', 0.0123456789, 'y')")
    with warehouse.connect("admin") as admin, warehouse.connect("procedure_reader") as reader:
        rewritten = "select pg_relation_filenode('release.thing')"
        file = rows(admin, rewritten)
        release = releases.open_release({})
        releases.stage(release, THING)
        assert rows(reader, "select area_m2::text from shared.thing") == [("0.012346",)], "a gap until the publish"
        releases.publish(release)
        areas = [("a", "0.012346"), ("b", "0.0123456789")]
        assert rows(reader, "select thing_key, area_m2::text from shared.thing order by 1") == areas
        assert rows(reader, f"select area_m2::text from shared.thing_at({before})") == [("0.012346",)]
        assert rows(reader, f"select count(*) from shared.thing_at({release.release_id})") == [(2,)]
        assert rows(reader, "select count(*) from shared.thing_version where thing_key = 'a'") == [(2,)]
        assert rows(admin, "select col_description('shared.thing'::regclass, 2)") == [("label of the thing",)]
        assert rows(admin, rewritten) == file
        run_release()
        assert rows(admin, "select count(*) from release.thing where from_release > 2") == [(1,)]


def test_what_stands_on_the_views_of_a_number_with_more_digits_is_named(warehouse: Warehouse, builder) -> None:
    builder.execute("alter table warehouse.thing add column area_m2 numeric(18,6)")
    run_release()
    with warehouse.connect("admin") as admin:
        admin.execute("create view public.of_a_consumer as select * from shared.thing")
        builder.execute("alter table warehouse.thing alter column area_m2 type numeric")
        assert "of_a_consumer" in stage_error(PublishedShapeBroken)
        admin.execute("drop view public.of_a_consumer")
    run_release()


@pytest.mark.parametrize("fewer", ["numeric(18,2)", "numeric(16,6)", "double precision"])
def test_number_with_other_digits_stops(builder, fewer: str) -> None:
    builder.execute("alter table warehouse.thing add column area_m2 numeric")
    run_release()
    builder.execute(f"alter table warehouse.thing alter column area_m2 type {fewer}")
    assert f"area_m2 is {fewer} and was numeric" in stage_error(PublishedShapeBroken)


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
