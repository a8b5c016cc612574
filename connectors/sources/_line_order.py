"""What the order of the lines of a file tells, which is lost once they are rows: computed while the file is read.

Per series (the symbol of a parameter): which lines come after a line of a later time, and in how many lines in a row
the value stayed the same. A line that repeats a time, or comes behind a later one, belongs to no run. Runs end with the
file, and with a block of it (8 MB; a day of a station is a hundredth of that).
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.contract_models import LineSeries

_BEYOND = 10**15  # more than any time of fourteen digits


class LineOrder:
    """Reads the blocks of one file in order; remembers the latest time of every series between them."""

    def __init__(self, series: LineSeries) -> None:
        self._series = series
        self._latest: dict[str, int] = {}

    def columns(self, block: dict[str, pa.Array]) -> dict[str, pa.Array]:
        """The two columns that the contract names; null in lines whose time is not fourteen digits."""
        names = block[self._series.by].cast(pa.string()).fill_null("")
        times = block[self._series.time].cast(pa.string())
        is_time = pc.fill_null(pc.match_substring_regex(times, "^[0-9]{14}$"), False)
        rows = np.flatnonzero(is_time.to_numpy(zero_copy_only=False))
        values = _codes(
            pc.binary_join_element_wise(*(block[c].cast(pa.string()).fill_null("") for c in self._series.value), "\t")
        )
        known = pa.concat_arrays([pa.array(list(self._latest), pa.string()), names.take(pa.array(rows))])
        encoded = known.dictionary_encode()
        moments = np.concatenate(
            [
                np.fromiter(self._latest.values(), dtype=np.int64, count=len(self._latest)),
                times.take(pa.array(rows)).cast(pa.int64()).to_numpy(),
            ]
        )
        behind, run = _read(_numbers(encoded.indices), moments, len(self._latest), values[rows])
        self._remember(encoded, moments)
        size = len(names)
        return {
            self._series.behind: _spread(behind, rows, size, pa.bool_()),
            self._series.run: _spread(run, rows, size, pa.int32()),
        }

    def _remember(self, encoded: pa.DictionaryArray, moments: np.ndarray) -> None:
        latest = np.zeros(len(encoded.dictionary), dtype=np.int64)
        np.maximum.at(latest, _numbers(encoded.indices), moments)
        self._latest = dict(zip(encoded.dictionary.to_pylist(), latest.tolist(), strict=True))


def _read(series: np.ndarray, moments: np.ndarray, carried: int, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Per line after the first `carried`: whether it is behind, and the length of its run (0: of none)."""
    order = np.argsort(series, kind="stable")
    place = series[order] * _BEYOND + moments[order]
    before = np.concatenate([[-1], np.maximum.accumulate(place)[:-1]])
    behind = np.empty(len(order), dtype=bool)
    behind[order] = place < before
    onward = order[(place > before) & (order >= carried)]
    run = np.zeros(len(order), dtype=np.int64)
    if len(onward):
        kind = np.stack([series[onward], values[onward - carried]])
        number = np.concatenate([[0], np.cumsum((kind[:, 1:] != kind[:, :-1]).any(axis=0))])
        run[onward] = np.bincount(number)[number]
    return behind[carried:], run[carried:]


def _codes(texts: pa.Array) -> np.ndarray:
    return _numbers(texts.dictionary_encode().indices)


def _numbers(indices: pa.Array) -> np.ndarray:
    return np.asarray(indices.to_numpy(zero_copy_only=False), dtype=np.int64)


def _spread(values: np.ndarray, rows: np.ndarray, size: int, kind: pa.DataType) -> pa.Array:
    """The values in their rows, null in all others and where a run is none."""
    whole, missing = np.zeros(size, dtype=values.dtype), np.ones(size, dtype=bool)
    whole[rows] = values
    missing[rows] = (values == 0) if values.dtype != bool else False
    return pa.array(whole, mask=missing).cast(kind)
