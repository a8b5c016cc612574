"""Observations of a SensorThings service among the hours of the monitoring feed, built and built again."""

from collections.abc import Iterator

import psycopg
import pytest

from connectors.landing import extract
from connectors.settings import warehouse_dsn
from infra.cluster import Cluster
from infra.demo.ground_truth import Fault
from tests.integration.built_environment import (
    LINE,
    OBSERVED,
    STREAM,
    day_lines,
    load,
    load_network,
    load_register,
    load_stations,
)
from tests.integration.built_land import ask, content_of, dbt, land_warehouse

MARTS = ["+monitoring_hourly", "+monitoring_station", "int_sensor_observation_unplaced", "int_observation_unplaced"]
OBSERVATION, DATASTREAM = "raw.air_observations__observation", "raw.air_observations__datastream"
HOURLY = "warehouse.monitoring_hourly"
LIVE = f"select count(*) from {OBSERVATION} where _deleted_at is null"
DATASTREAM_OF = f"""
select d.datastream_id from {DATASTREAM} as d inner join raw.air_observations__thing as t using (thing_id)
where t.ma_tram = %s and d.parameter = %s
"""


@pytest.fixture(scope="module")
def faults(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Fault]]:
    """A warehouse with the network and two days of the feed."""
    with land_warehouse(cluster, "warehouse_of_air", tmp_path_factory.mktemp("air")):
        extract("administrative_units")
        load_register(count=1)
        readings, _ = load_stations(count=1)
        faults = load_network(count=1)
        load("monitoring_feed__observation", LINE, day_lines(readings[:2], 0))
        dbt("build", "--exclude-resource-type", "unit_test", "--indirect-selection", "cautious", "--select", *MARTS)
        yield faults


def change(statement: str, *values: object) -> None:
    """Changes raw rows as the loader would."""
    with psycopg.connect(warehouse_dsn("lt_loader")) as connection:
        connection.execute(statement.encode(), values)


def hours() -> dict[str, str]:
    """Every hour by its record key, without the numbers of changes, which differ between builds."""
    columns = "station_key, parameter, hour, source_system, mean, unit, n_valid, n_expected, qc_flag, conflict_count"
    return content_of(f"(select {columns}, line_count from {HOURLY})", "concat_ws('|', station_key, parameter, hour)")


def build_again() -> dict[str, str]:
    """The hours after a build of what was touched; a full build gives the same."""
    dbt("run", "--select", "+monitoring_hourly", "int_sensor_observation_unplaced")
    touched = hours()
    dbt("run", "--full-refresh", "--select", "monitoring_hourly")
    assert touched == hours()
    return touched


def test_hours_are_in_canonical_units_and_local_time_and_as_full_as_their_datastream_says(faults: list[Fault]) -> None:
    found = ask(
        "select parameter, min(mean), max(mean), min(unit), max(n_expected), count(distinct hour), min(hour)::text"
        " from warehouse.monitoring_hourly where station_key = 'air_observations:NBQG003' and qc_flag = 'COMPLETE'"
        " and value_max between 0 and 500 group by 1 order by 1"
    )
    assert [row[0] for row in found] == ["NO2", "O3", "PM10", "PM2,5"]
    for _, low, high, unit, expected, number, first in found:
        assert 10 < low < high < 120  # written in mg/m3
        assert (unit, expected) == ("µg/m3", 1)
        assert number >= 70
        assert first.startswith("2026-11-17 17:00:00")
    quarters = f"select distinct n_valid, n_expected from {HOURLY} where station_key = %s and parameter = %s"
    assert ask(quarters, "air_observations:NBQG001", "PM2,5") == [(4, 4)]
    assert ask(f"select distinct n_expected from {HOURLY} where source_system = 'monitoring_feed'") == [(12,)]
    ((stations, near, srid),) = ask(
        "select count(*), count(*) filter (where distance_to_commune_m = 0), min(source_srid)"
        " from warehouse.monitoring_station where source_system = 'air_observations'"
    )
    assert (stations, near, srid) == (5, 4, 4326)


def test_every_observation_belongs_to_an_hour_or_is_unplaced(faults: list[Fault]) -> None:
    ((thing,),) = ask("select thing_id from raw.air_observations__thing where ma_tram = 'NBQG002'")
    load("air_observations__datastream", STREAM, [["day", thing, "SO2", "µg/m3", "PT24H"]], change_no=2)
    times = ["2026-11-18T00:00:00+07:00"] * 2
    rows = [["d1", "day", *times, 5, "00"], ["d2", "nowhere", *times, 5, "00"]]
    load("air_observations__observation", OBSERVED, rows, change_no=2)
    build_again()
    ((placed,),) = ask(f"select sum(line_count) from {HOURLY} where source_system = 'air_observations'")
    unplaced = ask("select observation_id from intermediate.int_sensor_observation_unplaced order by 1")
    assert unplaced == [("d1",), ("d2",)]
    assert ask(LIVE) == [(placed + 2,)]


def test_an_observation_that_is_withdrawn_leaves_the_hour_to_the_others(faults: list[Fault]) -> None:
    (conflict,) = [fault for fault in faults if fault.fault == "air_conflicting_time"]
    station, parameter, hour = conflict.record_key.split("|")
    of_hour = (
        f"select conflict_count, n_valid from {HOURLY} where (station_key, parameter, hour) = (%s, %s, %s::timestamptz)"
    )
    assert ask(of_hour, station, parameter, hour) == [(1, 0)]
    withdraw = f"update {OBSERVATION} set _deleted_at = now(), _change_no = 3 where observation_id = %s"
    change(withdraw, conflict.source_key)
    before = hours()
    after = build_again()
    assert ask(of_hour, station, parameter, hour) == [(0, 1)]
    assert {key for key in before if before[key] != after.get(key)} == {conflict.record_key}


def test_a_datastream_that_means_something_else_makes_its_hours_anew(faults: list[Fault]) -> None:
    before = hours()
    ((stream,),) = ask(DATASTREAM_OF, "NBQG004", "NO2")
    change(f"update {DATASTREAM} set parameter = 'NO', _change_no = 4 where datastream_id = %s", stream)
    after = build_again()
    moved = {key.replace("|NO2|", "|NO|") for key in before if key.startswith("air_observations:NBQG004|NO2|")}
    assert len(moved) >= 70
    assert after.keys() == {key for key in before if not key.startswith("air_observations:NBQG004|NO2|")} | moved
    change(f"update {DATASTREAM} set _deleted_at = now(), _change_no = 5 where datastream_id = %s", stream)
    assert build_again().keys() == after.keys() - moved


def test_a_load_of_one_source_hides_none_of_another(faults: list[Fault]) -> None:
    """Numbers of changes are drawn when a load begins: the one that ends later may have the smaller number."""
    ((stream,),) = ask(DATASTREAM_OF, "NBQG002", "O3")
    change("update raw.monitoring_feed__observation set gia_tri = '1', _change_no = 20 where line_no = 1")
    dbt("run", "--select", "+monitoring_hourly")
    row = ["late", stream, "2026-11-21T05:00:00+07:00", "2026-11-21T06:03:00+07:00", 0.05, "00"]
    load("air_observations__observation", OBSERVED, [row], change_no=10)
    assert "air_observations:NBQG002|O3|2026-11-20 22:00:00+00" in build_again()
