"""Faults of observations: each spoils one station, parameter and hour."""

from collections.abc import Callable

import numpy as np

from infra.demo.columns import stream
from infra.demo.ground_truth import Fault
from infra.demo.monitoring_files import PER_DAY, Readings, file_habits, file_name, utc_text
from infra.demo.monitoring_stations import SYSTEM

HOUR = 12
# The sign in the value tells which logger wrote it; a fault keeps the habit.
EXEMPT = ("Flow", "pH", "PM2,5")


def damage_readings(readings: list[Readings], *, seed: int, count: int) -> list[Fault]:
    """Damage `count` hours of every fault kind in place."""
    rng = stream(seed, "monitoring_faults")
    spots = iter(_spots(readings, rng))
    faults = []
    for fault, (rule, effect, damage) in HOUR_FAULTS.items():
        for number in range(count):
            station, first, column = next(spots)
            damage(station, slice(first, first + HOUR), column, number)
            faults.append(fault_of_hour(station, first, column, fault=fault, rule=rule, effect=effect))
    days = len(readings[0].times) // PER_DAY
    for number in range(count):
        faults += _name_a_file_early(next(spots)[0], seed=seed, day=(3 + 2 * number) % (days - 1))
    return faults


def _name_a_file_early(station: Readings, *, seed: int, day: int) -> list[Fault]:
    """A file of the day, or the next that comes alone, is named an hour before its last line."""
    while {day, day - 1} & {station_day for station_day in file_habits(station, seed=seed) if station_day is not None}:
        day += 1
    station.named_early.add(day)
    first = day * PER_DAY + PER_DAY - HOUR
    columns = range(len(station.parameters))
    return [
        fault_of_hour(station, first, column, fault="file_named_early", rule="E14", effect="hold") for column in columns
    ]


def _spots(readings: list[Readings], rng: np.random.Generator) -> list[tuple[Readings, int, int]]:
    """Hours without calibration or error, one a station at most, in random order."""
    spots = []
    for station in readings:
        usable = [i for i, parameter in enumerate(station.parameters) if parameter.symbol not in EXEMPT]
        while True:
            column = usable[int(rng.integers(len(usable)))]
            first = HOUR * int(rng.integers(24, len(station.times) // HOUR))
            if (station.status[first : first + HOUR, column] == "00").all():
                break
        spots.append((station, first, column))
    return [spots[i] for i in rng.permutation(len(spots))]


def _unknown_symbol(station: Readings, hour: slice, column: int, _number: int) -> None:
    station.symbol[hour, column] = "XYZ"


def _unknown_unit(station: Readings, hour: slice, column: int, _number: int) -> None:
    station.unit[hour, column] = "mg/kg"


def _conflicting_duplicate(station: Readings, hour: slice, column: int, _number: int) -> None:
    station.extra[hour.start + 4, column] = "1" + str(station.value[hour.start + 4, column])


def _gap(station: Readings, hour: slice, column: int, _number: int) -> None:
    station.sent[hour.start + 3 : hour.stop, column] = False


def _out_of_range(station: Readings, hour: slice, column: int, number: int) -> None:
    station.value[hour.start + 5, column] = ("999999", "-500")[number % 2]


def _flat_line(station: Readings, hour: slice, column: int, _number: int) -> None:
    station.value[hour, column] = station.value[hour.start, column]


def _calibration(station: Readings, hour: slice, column: int, _number: int) -> None:
    station.status[hour.start + 2 : hour.start + 8, column] = "01"


def _spike(station: Readings, hour: slice, column: int, _number: int) -> None:
    """Eight times the range of the hour above it: far from the others, and within the range of every parameter."""
    written = [str(value) for value in station.value[hour, column]]
    values = [float(value.replace(",", ".")) for value in written]
    spike = f"{max(values) + 8 * (max(values) - min(values)):.2f}"
    station.value[hour.start + 6, column] = spike.replace(".", ",") if "," in written[6] else spike


def _unknown_status(station: Readings, hour: slice, column: int, _number: int) -> None:
    station.status[hour.start + 1, column] = "03"


def _zero_run(station: Readings, hour: slice, column: int, _number: int) -> None:
    station.value[hour, column] = "0.0"


HOUR_FAULTS: dict[str, tuple[str, str, Callable[[Readings, slice, int, int], None]]] = {
    "unknown_symbol": ("E02", "hold", _unknown_symbol),
    "unknown_unit": ("E03", "hold", _unknown_unit),
    "conflicting_duplicate": ("E04", "hold", _conflicting_duplicate),
    "gap": ("E05", "warn", _gap),
    "out_of_range": ("E07", "hold", _out_of_range),
    "flat_line": ("E08", "hold", _flat_line),
    "zero_run": ("E09", "hold", _zero_run),
    "calibration": ("E06", "warn", _calibration),
    "spike": ("E10", "warn", _spike),
    "unknown_status": ("E16", "warn", _unknown_status),
}


def fault_of_hour(station: Readings, first: int, column: int, *, fault: str, rule: str, effect: str) -> Fault:
    """What the ground truth says of a damaged hour."""
    hour = station.times[first]
    source = file_name(station.station, station.time_in_name(first // PER_DAY))
    key = f"{SYSTEM}:{station.station}|{station.symbol[first, column]}|{utc_text(hour)}"
    return Fault(SYSTEM, "observation", source, "monitoring_hourly", key, fault, rule, effect)
