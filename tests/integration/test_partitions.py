"""Versions partitioned by month: made as months come, moved once from a plain table, and unseen by whoever reads."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import psycopg
import pytest

from connectors.errors import ContractInvalid, KeyNotUnique, PublishedShapeBroken
from connectors.warehouse import releases
from connectors.warehouse.datasets import PartitionBy
from connectors.warehouse.upkeep import vacuum_analyze
from expectations.rules import load_rulebook
from tests.conftest import Warehouse
from tests.integration.released_things import THING, rows, run_release

PLAIN = replace(THING, name="reading", relation="warehouse.reading", key=("station", "hour"), facts=())
READING = replace(PLAIN, partition_by=PartitionBy("hour", every="month"))
SEPTEMBER, OCTOBER, NOVEMBER = "2026-09-30 23:59+00", "2026-10-31 23:00+00", "2026-11-01 00:00+00"
PARTS = "select relid::regclass::text from pg_partition_tree('release.reading') where isleaf"


@pytest.fixture
def builder(warehouse: Warehouse) -> Iterator[psycopg.Connection]:
    """A connection as lt_builder to a warehouse with the relation of READING."""
    with warehouse.connect("lt_builder") as conn:
        conn.execute("create table warehouse.reading (station text, hour timestamptz, value numeric, row_hash bytea)")
        yield conn


@pytest.fixture
def publisher(warehouse: Warehouse) -> Iterator[psycopg.Connection]:
    with warehouse.connect("lt_publisher") as conn:
        yield conn


def write(conn: psycopg.Connection, readings: Iterable[tuple[str, str | None, int]]) -> None:
    """Replace the content of the relation by (station, hour, value)."""
    conn.execute("delete from warehouse.reading")
    conn.cursor().executemany(
        "insert into warehouse.reading values (%(s)s, %(h)s, %(v)s, sha256(convert_to(%(v)s::text, 'UTF8')))",
        [{"s": station, "h": hour, "v": value} for station, hour, value in readings],
    )


def values(conn: psycopg.Connection, source: str = "shared.reading") -> list[int]:
    return [int(value) for (value,) in rows(conn, f"select value from {source} order by hour, station")]


def parts(conn: psycopg.Connection) -> list[str]:
    return sorted(name.removeprefix("release.") for (name,) in rows(conn, PARTS))


def test_a_new_month_gets_its_partition_when_it_is_staged(builder, publisher) -> None:
    write(builder, [("a", SEPTEMBER, 1), ("a", OCTOBER, 2)])
    run_release(READING)
    assert parts(publisher) == ["reading_y2026m09", "reading_y2026m10"]
    write(builder, [("a", SEPTEMBER, 1), ("a", OCTOBER, 2), ("a", NOVEMBER, 3), ("b", NOVEMBER, 4)])
    run_release(READING)
    assert parts(publisher) == ["reading_y2026m09", "reading_y2026m10", "reading_y2026m11"], "and no default"
    kept = "select tableoid::regclass::text, count(*) from release.reading group by 1 order by 1"
    assert [n for _, n in rows(publisher, kept)] == [1, 1, 2]
    assert values(publisher) == [1, 2, 3, 4]
    assert values(publisher, "shared.reading_at(1)") == [1, 2]


def test_a_question_by_hour_reads_the_partitions_of_its_months(builder, publisher) -> None:
    write(builder, [("a", SEPTEMBER, 1), ("a", OCTOBER, 2), ("a", NOVEMBER, 3)])
    run_release(READING)
    for source in ("shared.reading", "shared.reading_at(1)", "shared.reading_version"):
        plan = plan_of(publisher, f"select value from {source} where hour >= '{OCTOBER}' and hour < '{NOVEMBER}'")
        assert "reading_y2026m10" in plan
        assert "reading_y2026m09" not in plan
        assert "reading_y2026m11" not in plan
    assert "reading_y2026m09" in plan_of(publisher, "select value from shared.reading where station = 'a'")


def plan_of(conn: psycopg.Connection, query: str) -> str:
    return "\n".join(line for (line,) in rows(conn, f"explain {query}"))


def test_abandon_and_rollback_reach_every_partition(builder, publisher) -> None:
    for value in (1, 2, 3):
        write(builder, [("a", SEPTEMBER, value), ("a", OCTOBER, value)])
        run_release(READING)
    releases.rollback(2, reason="sai số liệu")
    assert values(publisher) == [2, 2]
    write(builder, [("a", NOVEMBER, 9)])
    release = releases.open_release({})
    releases.stage(release, READING)
    assert values(publisher, "preview.reading") == [9]
    releases.abandon(release, reason="thử")
    assert values(publisher) == [2, 2]
    releases.rollback(3, reason="đúng rồi")
    assert values(publisher) == [3, 3]


def test_collect_takes_old_versions_from_their_own_partition(builder, publisher) -> None:
    still = [
        (station, OCTOBER, 0) for station in "abcdefghijkl"
    ]  # where September has old versions, October has good ones
    for value in (1, 2, 3):
        write(builder, [*((station, SEPTEMBER, value) for station in "abc"), *still])
        run_release(READING)
    assert releases.collect(keep=1) == 6
    assert values(publisher) == [3] * 3 + [0] * 12
    vacuum_analyze()
    counted = "select reltuples from pg_class where oid = 'release.reading'::regclass"
    assert rows(publisher, counted) == [(15,)], "the statistics of the whole are renewed with those of its parts"


def test_a_plain_table_is_moved_into_partitions_once(warehouse: Warehouse, builder, publisher) -> None:
    write(builder, [("a", SEPTEMBER, 1), ("a", OCTOBER, 2)])
    run_release(PLAIN)
    write(builder, [("a", SEPTEMBER, 1), ("a", OCTOBER, 7)])
    run_release(PLAIN)
    with warehouse.connect("procedure_reader") as early, warehouse.connect("procedure_reader") as reader:
        early.autocommit, reader.autocommit = False, True
        early.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        early.execute("select count(*) from shared.release").fetchone()
        write(builder, [("a", SEPTEMBER, 1), ("a", OCTOBER, 7), ("b", OCTOBER, 8)])
        run_release(READING)
        assert parts(publisher) == ["reading_y2026m09", "reading_y2026m10"]
        assert values(early) == [1, 7], "who read before the move is not told that there is nothing"
        assert values(reader) == [1, 7, 8]
        assert values(reader, "shared.reading_at(1)") == [1, 2]
    left = "select relname from pg_class where relname like '%%\\_\\_before' or relname like '%%\\_\\_by\\_month'"
    assert rows(publisher, left) == []
    indexed = "select indisunique from pg_index where indrelid = 'release.reading'::regclass order by 1"
    assert rows(publisher, indexed) == [(False,), (True,)]
    before = rows(publisher, "select oid from pg_class where relname = 'reading'")
    run_release(READING)
    assert rows(publisher, "select oid from pg_class where relname = 'reading'") == before


def test_an_empty_month_is_a_broken_key(builder) -> None:
    write(builder, [("a", None, 1)])
    release = releases.open_release({})
    with pytest.raises(KeyNotUnique, match="null"):
        releases.stage(release, READING)
    releases.abandon(release, reason="thử")


def test_partitions_are_by_a_date_or_an_instant_and_stay(builder) -> None:
    write(builder, [("a", SEPTEMBER, 1)])
    release = releases.open_release({})
    with pytest.raises(ContractInvalid, match="station: text"):
        releases.stage(release, replace(READING, partition_by=PartitionBy("station", every="month")))
    releases.abandon(release, reason="thử")


def test_a_partitioned_table_does_not_go_back(builder) -> None:
    write(builder, [("a", SEPTEMBER, 1)])
    run_release(READING)
    release = releases.open_release({})
    with pytest.raises(PublishedShapeBroken, match="column: hour"):
        releases.stage(release, PLAIN)
    releases.abandon(release, reason="thử")


def test_hourly_means_are_partitioned() -> None:
    assert load_rulebook("monitoring_hourly").dataset.partition_by == PartitionBy("hour", every="month")
