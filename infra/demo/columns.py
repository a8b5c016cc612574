"""A generated table in memory: column name to array. Text and nullable values are object arrays with None."""

from datetime import date, timedelta

import numpy as np

Columns = dict[str, np.ndarray]


def stream(seed: int, *names: str) -> np.random.Generator:
    """An independent random stream per subject, so that adding a table does not change the others."""
    words = [int.from_bytes(name.encode(), "little") for name in names]
    return np.random.default_rng([seed, *words])


def texts(values: list[str | None] | list[str]) -> np.ndarray:
    """Strings as an object array."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def none_where(values: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """A copy with None (or NaT for dates) where the mask holds."""
    if values.dtype.kind == "M":
        return np.where(mask, np.datetime64("NaT", "D"), values)
    result = values.astype(object)
    result[mask] = None
    return result


def random_days(rng: np.random.Generator, count: int, *, first: date, last: date) -> np.ndarray:
    """Days between two dates, both included."""
    span = (last - first).days + 1
    return np.datetime64(first, "D") + rng.integers(0, span, count).astype("timedelta64[D]")


def office_hours(rng: np.random.Generator, count: int, *, today: date) -> np.ndarray:
    """Times of update (UTC) over the past three years, in working hours, none later than yesterday."""
    days = random_days(rng, count, first=today - timedelta(days=1100), last=today - timedelta(days=2))
    return days.astype("datetime64[s]") + rng.integers(1 * 3600, 10 * 3600, count).astype("timedelta64[s]")


def take(columns: Columns, index: np.ndarray) -> Columns:
    """The rows at an index, or where a mask holds."""
    return {name: values[index] for name, values in columns.items()}
