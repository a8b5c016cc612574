"""Faults that only the order of the lines shows: a line sent after a later one, and a value that stays for a while.

They lie in whole quiet hours of days on which nothing else was done to the station, drawn by a stream of their own.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from infra.demo.columns import stream
from infra.demo.ground_truth import Fault
from infra.demo.monitoring_faults import EXEMPT, HOUR, fault_of_hour
from infra.demo.monitoring_files import PER_DAY, Readings, file_habits

SPAN = 2 * HOUR


def disorder_readings(readings: list[Readings], *, seed: int, count: int, others: Iterable[Fault]) -> list[Fault]:
    """Damage `count` spots of each kind in place; `others` are the faults that were made before."""
    spots = _spots(readings, seed=seed, taken={fault.source_key for fault in others})
    faults = []
    for _ in range(count):
        station, first, column = next(spots)
        station.sent_after[first + 4, column] = first + 8
        faults.append(fault_of_hour(station, first, column, fault="line_out_of_turn", rule="E22", effect="warn"))
        station, first, column = next(spots)
        _stay(station, slice(first + 2, first + 10), column)
        faults.append(fault_of_hour(station, first, column, fault="stuck_within_hour", rule="E23", effect="hold"))
        station, first, column = next(spots)
        _stay(station, slice(first + HOUR - 5, first + HOUR + 5), column)
        faults += [
            fault_of_hour(station, hour, column, fault="stuck_over_the_hour", rule="E23", effect="hold")
            for hour in (first, first + HOUR)
        ]
    return faults


def _stay(station: Readings, lines: slice, column: int) -> None:
    station.value[lines, column] = station.value[lines.start, column]


def _spots(readings: list[Readings], *, seed: int, taken: set[str]) -> Iterator[tuple[Readings, int, int]]:
    """Two hours without calibration or error in a file of its own, each file once, in random order."""
    rng = stream(seed, "monitoring_order_faults")
    days = len(readings[0].times) // PER_DAY
    files = [(station, day) for station in readings for day in range(days)]
    for place in rng.permutation(len(files)):
        station, day = files[place]
        if day in file_habits(station, seed=seed) or _name(station, day) in taken or day in station.named_early:
            continue
        found = _quiet_hours(station, day, rng)
        if found is not None:
            yield station, *found


def _name(station: Readings, day: int) -> str:
    return fault_of_hour(station, day * PER_DAY, 0, fault="", rule="", effect="").source_key


def _quiet_hours(station: Readings, day: int, rng: np.random.Generator) -> tuple[int, int] | None:
    usable = [i for i, parameter in enumerate(station.parameters) if parameter.symbol not in EXEMPT]
    column = usable[int(rng.integers(len(usable)))]
    for hour in rng.permutation(range(1, 22)).tolist():
        first = day * PER_DAY + hour * HOUR
        if (station.status[first : first + SPAN, column] == "00").all():
            return first, column
    return None
