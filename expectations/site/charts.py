"""Trends over releases as points of inline SVG; the templates draw them and say the same in words."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 640, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 16, 28
_MOST_LABELS = 10


@dataclass(frozen=True)
class Point:
    """One release on a chart, and where it is drawn."""

    release_id: int
    value: int
    x: float
    y: float


@dataclass(frozen=True)
class Chart:
    """A line through the releases; `ticks` are (y, value) of the grid, `labelled` the releases named below."""

    points: tuple[Point, ...]
    ticks: tuple[tuple[float, int], ...]
    labelled: tuple[Point, ...]
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def line(self) -> str:
        """The points as SVG wants them."""
        return " ".join(f"{p.x:.1f},{p.y:.1f}" for p in self.points)

    @property
    def base(self) -> float:
        """Where the lowest line is."""
        return self.ticks[0][0]


def draw_trend(values: Sequence[tuple[int, int]], *, from_zero: bool) -> Chart | None:
    """The chart of (release, value), oldest first; None while there are fewer than two releases.

    Counts of failures start at zero; row counts show their own range, for a change of 1 % would be invisible.
    """
    if len(values) < 2:
        return None
    numbers = [value for _, value in values]
    low, high = (0 if from_zero else min(numbers)), max(numbers)
    if high - low < 4:
        low, high = max(0, low - (0 if from_zero else 2)), max(high, low + 4)
    inner_width, inner_height = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM

    def y(value: float) -> float:
        return _TOP + inner_height * (1 - (value - low) / (high - low))

    points = tuple(
        Point(number, value, _LEFT + inner_width * i / (len(values) - 1), y(value))
        for i, (number, value) in enumerate(values)
    )
    ticks = tuple((y(value), value) for value in sorted({round(low + (high - low) * i / 4) for i in range(5)}))
    step = -(-len(points) // _MOST_LABELS)
    return Chart(points, ticks, tuple(reversed(points[::-1][::step])))


def sparkline(values: Sequence[int], *, width: int = 96, height: int = 24) -> str | None:
    """The points of a line without axes; None while there are fewer than two values."""
    if len(values) < 2:
        return None
    low, high = min(values), max(values)
    steps = [(3 + (width - 6) * i / (len(values) - 1), value) for i, value in enumerate(values)]
    if high == low:
        return " ".join(f"{x:.1f},{height / 2:.1f}" for x, _ in steps)
    return " ".join(f"{x:.1f},{height - 3 - (height - 6) * (value - low) / (high - low):.1f}" for x, value in steps)
