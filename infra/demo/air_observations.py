"""Observations of the national network, clean and damaged: three days up to yesterday, as means over a time.

An observation bears the beginning of its averaging time and is known three minutes after its end.
"""

import json
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np

from infra.demo.air_stations import (
    SERIES,
    SYSTEM,
    UNITS,
    Datastream,
    Observation,
    Station,
    as_entities,
    entity_id,
    make_datastream,
    make_stations,
)
from infra.demo.columns import stream
from infra.demo.ground_truth import Fault
from infra.demo.monitoring_files import midnight, utc_text
from infra.settings_file import write_private

DAYS = 3
DELAY = timedelta(minutes=3)


def make_network(*, seed: int, today: date, count: int) -> tuple[list[Station], list[Fault]]:
    """All stations with their observations, `count` of every kind damaged, and what was damaged."""
    stations = make_stations(seed=seed, today=today)
    start = midnight(today - timedelta(days=DAYS))
    for station in stations:
        for datastream in station.datastreams:
            number = int(timedelta(days=DAYS) / datastream.averaging)
            datastream.observations += make_observations(datastream, seed=seed, start=start, count=number)
    faults = _damage_observations(stations, seed=seed, count=count)
    faults += _add_unknown(stations, start=start, count=count)
    return stations, faults + _add_elsewhere(stations, count=count)


def make_observations(datastream: Datastream, *, seed: int, start: datetime, count: int) -> list[Observation]:
    """Clean observations from a time on: a daily cycle with noise."""
    rng = stream(seed, "air_observations", datastream.key, f"{start:%Y%m%d%H%M}")
    series, factor = next(one for one in SERIES if one.symbol == datastream.symbol), dict(UNITS)[datastream.unit]
    times = [start + index * datastream.averaging for index in range(count)]
    hours = np.array([moment.hour + moment.minute / 60 for moment in times])
    noise = np.clip(rng.normal(0, 0.4, count), -1.5, 1.5)
    values = series.level * rng.uniform(0.9, 1.1) + series.spread * (np.sin((hours - 7) * np.pi / 12) + noise)
    results = np.round(values / factor, 2 if factor == 1 else 5).tolist()
    return [_observation(datastream, moment, result, number=0) for moment, result in zip(times, results, strict=True)]


def write_network(path: Path, stations: list[Station]) -> int:
    """Write what the service loads when it starts; returns the number of observations."""
    write_private(path, json.dumps(as_entities(stations), ensure_ascii=False))
    return sum(len(one.observations) for station in stations for one in station.datastreams)


def _observation(datastream: Datastream, moment: datetime, result: float, *, number: int) -> Observation:
    return {
        "id": entity_id(f"{datastream.key}/{moment:%Y%m%d%H%M}/{number}"),
        "phenomenonTime": moment.isoformat(),
        "result": result,
        "resultTime": (moment + datastream.averaging + DELAY).isoformat(),
        "resultQuality": {"status": "00"},
    }


def _damage_observations(stations: list[Station], *, seed: int, count: int) -> list[Fault]:
    """Every kind spoils hours of its own, in datastreams that have one result an hour."""
    rng = stream(seed, "air_faults")
    hourly = [(station, one) for station in stations for one in station.datastreams if one.averaging_text == "PT1H"]
    hours = iter(rng.permutation(np.arange(24, 72)).tolist())
    faults = []
    for fault, (rule, effect) in KINDS.items():
        for number in range(count):
            station, datastream = hourly[int(rng.integers(len(hourly)))]
            observation = datastream.observations[next(hours)]
            _spoil(fault, datastream, observation, number)
            faults.append(_fault(station, datastream, observation, fault=fault, rule=rule, effect=effect))
    return faults


def _spoil(fault: str, datastream: Datastream, observation: Observation, number: int) -> None:
    moment = datetime.fromisoformat(observation["phenomenonTime"])
    if fault == "air_out_of_range":
        observation["result"] = (99_999.0, -50.0)[number % 2]
    elif fault == "air_device_error":
        observation["resultQuality"] = {"status": "02"}
    elif fault == "air_unknown_status":
        observation["resultQuality"] = {"status": "99"}
    elif fault == "air_late":
        observation["resultTime"] = (moment + timedelta(hours=30)).isoformat()
    else:
        other = _observation(datastream, moment, round(observation["result"] * 1.5, 5), number=1)
        datastream.observations.append(other)


def _add_unknown(stations: list[Station], *, start: datetime, count: int) -> list[Fault]:
    """Datastreams of a parameter, and in a unit, that the catalogue does not know, with a few results."""
    faults = []
    for station, symbol, unit, fault, rule in (
        (stations[0], "XYZ", "µg/m3", "air_unknown_parameter", "E02"),
        (stations[1], "SO2", "ppb", "air_unknown_unit", "E03"),
    ):
        datastream = make_datastream(station.code, symbol, written=symbol, unit=unit)
        station.datastreams.append(datastream)
        for number in range(count):
            moment = start + timedelta(hours=30 + number)
            datastream.observations.append(_observation(datastream, moment, 12.5 + number, number=0))
            faults.append(
                _fault(station, datastream, datastream.observations[-1], fault=fault, rule=rule, effect="hold")
            )
    return faults


def _add_elsewhere(stations: list[Station], *, count: int) -> list[Fault]:
    """Stations that do not send yet, half a degree north of the commune that they state."""
    faults = []
    for number, near in enumerate(stations[:count]):
        code = f"NBQG{number + 901}"
        name = f"Trạm không khí quốc gia {number + 901} (mô phỏng)"
        stations.append(
            Station(code, name, near.commune_code, near.commune_on, near.longitude, near.latitude + 0.5, [])
        )
        key = f"{SYSTEM}:{code}"
        faults.append(Fault(SYSTEM, "thing", code, "monitoring_station", key, "air_station_elsewhere", "S02"))
    return faults


KINDS = {
    "air_out_of_range": ("E07", "hold"),
    "air_conflicting_time": ("E04", "hold"),
    "air_device_error": ("E05", "warn"),
    "air_unknown_status": ("E16", "warn"),
    "air_late": ("E11", "warn"),
}


def _fault(
    station: Station, datastream: Datastream, observation: Observation, *, fault: str, rule: str, effect: str
) -> Fault:
    hour = datetime.fromisoformat(observation["phenomenonTime"])
    key = f"{SYSTEM}:{station.code}|{datastream.symbol}|{utc_text(hour)}"
    return Fault(SYSTEM, "observation", observation["id"], "monitoring_hourly", key, fault, rule, effect)
