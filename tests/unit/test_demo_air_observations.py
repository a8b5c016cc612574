"""The national network as generated: what a careful reader finds in it is exactly what the ground truth lists."""

from collections import defaultdict
from datetime import UTC, date, datetime

import pytest
import shapely

from infra.demo.air_observations import DAYS, make_network
from infra.demo.air_stations import SERIES, UNITS, as_entities
from infra.demo.territory import load_communes

TODAY = date(2026, 11, 20)


@pytest.fixture(scope="module")
def network():
    return make_network(seed=9, today=TODAY, count=2)


def hours(stations):
    """Observations by the record key of their hour, with their datastream."""
    found = defaultdict(list)
    for station in stations:
        for stream in station.datastreams:
            for row in stream.observations:
                moment = datetime.fromisoformat(row["phenomenonTime"]).astimezone(UTC).replace(minute=0)
                key = f"air_observations:{station.code}|{stream.symbol}|{moment:%Y-%m-%d %H:%M:%S}+00"
                found[key].append((stream, row))
    return found


def broken_rules(lines):
    streams, rows = {stream for stream, _ in lines}, [row for _, row in lines]
    (stream,) = streams
    levels = {series.symbol: series.level for series in SERIES}
    late = [datetime.fromisoformat(row["resultTime"]) - datetime.fromisoformat(row["phenomenonTime"]) for row in rows]
    factor = dict(UNITS).get(stream.unit, 1)
    rules = {
        "E02": stream.symbol == "XYZ",
        "E03": stream.unit not in dict(UNITS),
        "E04": len({row["phenomenonTime"] for row in rows}) < len(rows),
        "E05": {row["resultQuality"]["status"] for row in rows} == {"02"},
        "E07": stream.symbol in levels and any(
            not 0 <= row["result"] * factor <= 10 * levels[stream.symbol] for row in rows
        ),
        "E11": max(late).total_seconds() > 25 * 3600,
        "E16": any(row["resultQuality"]["status"] not in ("00", "01", "02") for row in rows),
    }  # fmt: skip
    return {rule for rule, is_broken in rules.items() if is_broken}


def test_the_listed_hours_and_no_others_break_a_rule(network):
    stations, faults = network
    expected = {fault.record_key: {fault.rule_id} for fault in faults if fault.dataset == "monitoring_hourly"}
    found = {key: rules for key, lines in hours(stations).items() if (rules := broken_rules(lines))}
    assert found == expected
    assert {rule for rules in expected.values() for rule in rules} == {"E02", "E03", "E04", "E05", "E07", "E11", "E16"}
    assert len(expected) == 2 * 7


def test_stations_stand_in_their_commune_but_those_listed(network):
    stations, faults = network
    elsewhere = {fault.source_key for fault in faults if fault.dataset == "monitoring_station"}
    assert len(elsewhere) == 2
    for station in stations:
        here = shapely.Point(station.longitude, station.latitude)
        inside = [
            commune for commune in load_communes()
            if commune.boundary.contains(here) and station.commune_code in (commune.code, *commune.old_codes)
        ]  # fmt: skip
        assert (not inside) == (station.code in elsewhere)


def test_every_series_is_whole_and_its_ids_are_its_own(network):
    entities = as_entities(network[0])["things"]
    streams = [one for thing in entities for one in thing["datastreams"]]
    ids = [row["id"] for one in streams for row in one["observations"]]
    assert len(ids) == len(set(ids)) == 15 * 24 * DAYS + 4 * 24 * DAYS + 2 + 4
    assert sorted({one["averaging"] for one in streams}) == ["PT15M", "PT1H"]
    assert as_entities(make_network(seed=9, today=TODAY, count=2)[0])["things"] == entities
