"""Files of the monitoring feed: `data/<station>/<STATION>_<yyyyMMddHHmmss>.txt`, one a station and day.

A line is symbol, value, unit, local time and status, tab-separated and ended by CR LF. Files may come late (a day
arrives inside a later file), twice, or hold lines twice: none of this is a fault, a reader absorbs it.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path

import numpy as np

from infra.demo.columns import stream
from infra.demo.environment_facilities import Row
from infra.demo.monitoring_stations import HEADER, PARAMETERS, Parameter

LOCAL = timezone(timedelta(hours=7))
STEP = timedelta(minutes=5)
PER_DAY = 288


@dataclass(frozen=True, eq=False)
class Readings:
    """Lines of one station, as arrays of time × parameter; `sent` says whether the line is in a file."""

    station: str
    parameters: tuple[Parameter, ...]
    times: list[datetime]
    symbol: np.ndarray
    value: np.ndarray
    unit: np.ndarray
    status: np.ndarray
    sent: np.ndarray
    extra: dict[tuple[int, int], str]
    named_early: set[int] = field(default_factory=set)  # days whose file bears a time an hour before its last line
    sent_after: dict[tuple[int, int], int] = field(default_factory=dict)  # lines that follow those of a later time

    def time_in_name(self, day: int) -> datetime:
        """What the name of the file of a day says: the time of its last line, or an hour before."""
        return self.times[(day + 1) * PER_DAY - 1] - timedelta(hours=1 if day in self.named_early else 0)

    def lines(self, first: int, last: int) -> list[str]:
        """The lines of a range of times, in the order of sending."""
        stamps = [f"{moment:%Y%m%d%H%M%S}" for moment in self.times[first:last]]
        rows = []
        waiting: dict[int, list[str]] = {}
        for index, stamp in enumerate(stamps, first):
            for column in np.flatnonzero(self.sent[index]).tolist():
                unit, status = self.unit[index, column], self.status[index, column]
                line = f"{self.symbol[index, column]}\t{self.value[index, column]}\t{unit}\t{stamp}\t{status}"
                if (index, column) in self.sent_after:
                    waiting.setdefault(self.sent_after[index, column], []).append(line)
                    continue
                rows.append(line)
                if (index, column) in self.extra:
                    other = self.extra[index, column]
                    rows.append(f"{self.symbol[index, column]}\t{other}\t{unit}\t{stamp}\t{status}")
            rows += waiting.pop(index, [])
        return rows


def make_readings(station: Row, *, seed: int, start: datetime, count: int) -> Readings:
    """Clean readings of one station: a daily cycle with noise, some lines in calibration or error."""
    rng = stream(seed, "readings", station["ma_tram"], f"{start:%Y%m%d%H%M}")
    parameters = PARAMETERS[station["loai"]]
    times = [start + index * STEP for index in range(count)]
    shape = (count, len(parameters))
    hour = np.array([moment.hour + moment.minute / 60 for moment in times])
    cycle = np.sin((hour[:, None] - 7 + rng.uniform(-2, 2)) * np.pi / 12)
    level = np.array([p.level for p in parameters]) * rng.uniform(0.85, 1.15, len(parameters))
    spread = np.array([p.spread for p in parameters])
    numbers = level + spread * cycle + np.clip(rng.normal(0, 0.5, shape), -2, 2) * spread
    decimals = [p.decimals for p in parameters]
    texts = np.column_stack([np.char.mod(f"%.{d}f", numbers[:, i]) for i, d in enumerate(decimals)])
    # Some loggers write a decimal comma; a logger keeps its habit, so this depends on the station alone.
    habit = stream(seed, "habit", station["ma_tram"])
    if habit.random() < 0.3:
        texts = np.char.replace(texts, ".", ",")
    units = np.array([p.units[int(habit.integers(len(p.units)))] for p in parameters], dtype=object)
    return Readings(
        station["ma_tram"],
        parameters,
        times,
        symbol=np.tile(np.array([p.symbol for p in parameters], dtype=object), (count, 1)),
        value=texts.astype(object),
        unit=np.tile(units, (count, 1)),
        status=_statuses(shape, rng),
        sent=np.ones(shape, dtype=bool),
        extra={},
    )


def _statuses(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Mostly 00; now and then two lines of calibration or error, never more than a quarter of an hour's twelve."""
    status = np.full(shape, "00", dtype=object)
    hours = shape[0] // 12
    for _ in range(hours * shape[1] // 150):
        first, column = 12 * int(rng.integers(hours)) + int(rng.integers(10)), int(rng.integers(shape[1]))
        if (status[first // 12 * 12 : first // 12 * 12 + 12, column] == "00").all():
            status[first : first + 2, column] = rng.choice(["01", "02"])
    return status


def write_station_list(folder: Path, stations: list[Row]) -> None:
    """Replace `tram.txt`."""
    lines = ["\t".join(HEADER)] + ["\t".join(str(row[name]) for name in HEADER) for row in stations]
    write_lines(folder / "tram.txt", lines)


def write_days(folder: Path, readings: Readings, *, seed: int) -> None:
    """One file a day, with a late day, a file sent twice and lines sent twice at some stations."""
    days = len(readings.times) // PER_DAY
    late, twice, repeated = file_habits(readings, seed=seed)
    waiting: list[str] = []
    for day in range(days):
        lines = waiting + readings.lines(day * PER_DAY, (day + 1) * PER_DAY)
        waiting = lines if day == late else []
        if day == late:
            continue
        if day == repeated:
            lines += lines[-20:]
        last = readings.time_in_name(day)
        write_lines(file_path(folder, readings.station, last), lines)
        if day == twice:
            write_lines(file_path(folder, readings.station, last + timedelta(seconds=59)), lines)


def file_habits(readings: Readings, *, seed: int) -> tuple[int | None, int | None, int | None]:
    """The day that a station sends late, the one whose file it sends twice, and the one whose lines it repeats."""
    rng = stream(seed, "habits", readings.station)
    days = len(readings.times) // PER_DAY
    late = int(rng.integers(1, days - 1)) if rng.random() < 0.2 else None
    twice = int(rng.integers(0, days)) if rng.random() < 0.2 else None
    repeated = int(rng.integers(0, days)) if rng.random() < 0.3 else None
    return late, twice, repeated


def file_path(folder: Path, station: str, last: datetime) -> Path:
    """The place of a file: named after the time of its last line."""
    return folder / "data" / station / file_name(station, last)


def file_name(station: str, last: datetime) -> str:
    """`STATION_yyyyMMddHHmmss.txt`."""
    return f"{station}_{last:%Y%m%d%H%M%S}.txt"


def write_lines(path: Path, lines: list[str]) -> None:
    """Write CR LF lines, in one step for whoever lists the folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f".{path.name}"
    temporary.write_bytes(("\r\n".join(lines) + "\r\n").encode())
    temporary.replace(path)


def utc_text(moment: datetime) -> str:
    """A local time of the feed as the warehouse prints it."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}+00"


def midnight(day: date) -> datetime:
    """The first moment of a day, local."""
    return datetime.combine(day, time(), tzinfo=LOCAL)


def time_in_name(path: Path) -> datetime:
    """The time of the last line, from the name of a file."""
    return datetime.strptime(path.stem.rsplit("_", 1)[1], "%Y%m%d%H%M%S").replace(tzinfo=LOCAL)
