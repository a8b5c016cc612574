"""A unit that changes is noticed by the typical value, whether the rows come at once or one with every release."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg
import pytest
from psycopg import sql

from connectors.settings import warehouse_dsn
from connectors.warehouse import releases
from expectations.release_queries import release_query
from expectations.row_check import check_rows
from expectations.rules import load_rulebook
from expectations.selftest.good_rows import make_relation
from tests.conftest import Warehouse

STATION, OTHER = "monitoring_feed:S1", "monitoring_feed:S2"
HISTORY = 20 * 24


@dataclass(frozen=True)
class Staged:
    """The versions of one dataset, and what a rule of it finds in a release."""

    conn: psycopg.Connection
    dataset: str
    rule_id: str

    def put(self, select: str, **values: object) -> None:
        """Versions like the good row but for the columns of `select`, one for each n of `first` to `last`."""
        new = dict(part.split(" := ") for part in select.split("; "))
        table = sql.Identifier("release", self.dataset)
        cursor = self.conn.execute(sql.SQL("select * from {} limit 0").format(table))
        names = [column.name for column in cursor.description or ()]
        statement = sql.SQL(
            "insert into {} ({}) select {} from good, generate_series(%(first)s::integer, %(last)s::integer) as n"
        ).format(
            table,
            sql.SQL(", ").join(map(sql.Identifier, names)),
            sql.SQL(", ").join(sql.SQL(new[name]) if name in new else sql.Identifier(name) for name in names),
        )
        self.conn.execute(statement, values)

    def found(self, release: int) -> int:
        book = load_rulebook(self.dataset)
        expectation = next(rule.expectation for rule in book.rules if rule.id == self.rule_id)
        query = release_query(expectation.type, expectation.arguments, book.dataset, release)
        return self.conn.execute(f"select {query}").fetchone()[0]


@pytest.fixture
def staged(warehouse: Warehouse) -> Iterator[Callable[[str, str], Staged]]:
    with psycopg.connect(warehouse.dsn("admin"), autocommit=True) as conn:

        def stage(dataset: str, rule_id: str) -> Staged:
            book = load_rulebook(dataset)
            with psycopg.connect(warehouse_dsn("lt_builder"), autocommit=True) as builder:
                make_relation(builder, book)
            release = releases.open_release({})
            check_rows(book, release)
            releases.stage(release, book.dataset)
            conn.execute("update release.release set status = 'published'")
            conn.execute(f"create temp table good as select * from release.{dataset}")
            conn.execute(f"delete from release.{dataset}")
            if book.dataset.partition_by:
                conn.execute(f"create table release.{dataset}_other partition of release.{dataset} default")
            return Staged(conn, dataset, rule_id)

        yield stage


HOUR = "hour := timestamptz '2026-11-01T00:00Z' + n * interval '1 hour'; from_release := %(release)s; mean := %(mean)s"


def hours(staged: Staged, first: int, last: int, release: int, mean: float = 50, station: str = STATION) -> None:
    values = {"first": first, "last": last, "release": release, "mean": mean, "station": station}
    staged.put(f"station_key := %(station)s; {HOUR}", **values)


@pytest.fixture
def monitored(staged: Callable[[str, str], Staged]) -> Staged:
    """Two stations with twenty days of hours of the first release."""
    e12 = staged("monitoring_hourly", "E12")
    for station in (STATION, OTHER):
        hours(e12, 1, HISTORY, release=1, station=station)
    return e12


def test_a_unit_that_changes_is_noticed_with_one_hour_per_release(monitored: Staged) -> None:
    found = []
    for n in range(1, 25):
        hours(monitored, HISTORY + n, HISTORY + n, release=1 + n, mean=0.05)
        hours(monitored, HISTORY + n, HISTORY + n, release=1 + n, station=OTHER)
        found.append(monitored.found(1 + n))
    assert found == [0] * 11 + [1] * 13  # half of the last 24 hours: 1000 to the power of a half is more than 30


def test_hours_that_are_missing_do_not_hide_it(monitored: Staged) -> None:
    for n in range(1, 25, 2):
        hours(monitored, HISTORY + n, HISTORY + n, release=1 + n, mean=50_000)
    assert monitored.found(24) == 1


def test_values_that_move_by_less_are_let_through(monitored: Staged) -> None:
    for n in range(1, 25):
        hours(monitored, HISTORY + n, HISTORY + n, release=1 + n, mean=50 * 25)
    assert monitored.found(25) == 0


@pytest.mark.parametrize("days", [1, 5, 40])
def test_what_comes_at_once_is_noticed_at_once(monitored: Staged, days: int) -> None:
    hours(monitored, HISTORY + 1, HISTORY + 24 * days, release=2, mean=0.05)
    assert monitored.found(2) == 1


def test_days_that_come_late_are_held_against_those_before_them(monitored: Staged) -> None:
    hours(monitored, HISTORY + 24 * 90, HISTORY + 24 * 91, release=2)
    hours(monitored, HISTORY + 1, HISTORY + 24, release=3, mean=0.05)
    assert monitored.found(2) == 0
    assert monitored.found(3) == 1


def test_a_station_in_another_unit_since_its_first_day_is_told(staged: Callable[[str, str], Staged]) -> None:
    e30 = staged("monitoring_hourly", "E30")
    for number in range(9):
        hours(e30, 1, HISTORY, release=1, station=f"monitoring_feed:S{number}")
    hours(e30, 1, 23, release=1, mean=0.05, station="monitoring_feed:NEW")
    assert e30.found(1) == 0
    hours(e30, 24, 24, release=2, mean=0.05, station="monitoring_feed:NEW")
    assert e30.found(2) == 1
    assert Staged(e30.conn, "monitoring_hourly", "E13").found(2) == 0, "drowned among the others"


PARCEL = "parcel_key := 'p' || n; survey_area_m2 := %(area)s; from_release := %(release)s"


@pytest.mark.parametrize("unit", [1, 0.0001])
def test_parcels_entered_in_hectares_are_noticed_one_by_one(staged: Callable[[str, str], Staged], unit: float) -> None:
    l18 = staged("land_parcel", "L18")
    l18.put(PARCEL, first=1, last=500, area=500, release=1)
    found = []
    for n in range(1, 26):
        l18.put(PARCEL, first=500 + n, last=500 + n, area=500 * unit, release=1 + n)
        found.append(l18.found(1 + n))
    assert found == ([0] * 25 if unit == 1 else [0] * 19 + [1] * 6)
    assert l18.found(30 + 48) == 0, "what is older than the last 48 releases is no longer new"
