"""Values into the types of a contract, column by column; what does not fit is rejected, never rounded or guessed."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.column_types import ColumnType
from connectors.contracts import TableContract
from connectors.sources._reading import Rejected, Request

_PATTERNS = {
    "smallint": r"^-?[0-9]{1,19}$",
    "integer": r"^-?[0-9]{1,19}$",
    "bigint": r"^-?[0-9]{1,19}$",
    "numeric": r"^-?[0-9]+(\.[0-9]+)?$",
    "double": r"^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$",
    "boolean": r"^(?i:true|false|0|1)$",
    "date": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    "timestamp": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.]+)?$",
    "timestamptz": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+(Z|[+-][0-9]{2}(:?[0-9]{2})?)?$",
}
_OFFSET = r"(Z|[+-][0-9]{2}(:?[0-9]{2})?)$"
_WKB_TYPES = {"Point": (1,), "LineString": (2,), "Polygon": (3,), "MultiPoint": (1, 4), "MultiLineString": (2, 5)}
_WKB_TYPES |= {"MultiPolygon": (3, 6), "Geometry": (1, 2, 3, 4, 5, 6, 7)}
_MAX_MISFITS_SHOWN = 20


def fit_batch(
    request: Request,
    raw: pa.RecordBatch,
    *,
    rejected: list[Rejected],
    misfits: dict[str, np.ndarray] | None = None,
    opened: np.ndarray | None = None,
) -> pa.RecordBatch:
    """The rows of `raw` that fit, in contract order and types; the others are added to `rejected`.

    `misfits` marks values per column that a parser has already found not to be of the right kind; `opened` polygons
    that are kept as lines because a ring does not close.
    """
    table, zone = request.table, request.contract.timezone
    bad: dict[str, np.ndarray] = {}
    arrays: list[pa.Array] = []
    for column in table.columns:
        values, wrong = fit_column(raw.column(column.name), column.typed, timezone=zone)
        wrong = wrong | misfits[column.name] if misfits and column.name in misfits else wrong
        bad[f"{column.name} does not fit {column.type}"] = wrong
        if not column.nullable:
            bad[f"{column.name} is missing"] = _flags(pc.is_null(values)) & ~wrong
        arrays.append(values)
    if table.geometry:
        shapes = _storage(raw.column(table.geometry.column)).cast(pa.binary())
        strange = _not_of_type(shapes, table.geometry.type)
        bad[f"{table.geometry.column} is not a {table.geometry.type}"] = (
            strange if opened is None else strange & ~opened
        )
        if misfits and table.geometry.column in misfits:
            bad[f"{table.geometry.column} cannot be read"] = misfits[table.geometry.column]
        if not table.geometry.nullable:
            bad[f"{table.geometry.column} is missing"] = _flags(pc.is_null(shapes))
        arrays.append(shapes)
    batch = pa.RecordBatch.from_arrays(arrays, schema=table.arrow_schema)
    wrong = np.logical_or.reduce(list(bad.values()))
    if not wrong.any():
        return batch
    rejected.extend(_rejected(table, raw, bad, np.flatnonzero(wrong)))
    return batch.filter(pa.array(~wrong))


def fit_column(values: pa.Array, kind: ColumnType, *, timezone: str) -> tuple[pa.Array, np.ndarray]:
    """The values in the type of the contract, and a mask of those that do not fit (null in the first)."""
    values = _storage(values)
    if values.type == kind.arrow and kind.family != "text":
        return values, np.zeros(len(values), dtype=bool)
    if kind.family == "text":
        return _fit_text(values)
    if pa.types.is_string(values.type):
        matching = _flags(pc.match_substring_regex(values, _PATTERNS[kind.family]), when_null=True)
        values = _without(values, ~matching)
        fitted, wrong = _cast(values, kind, timezone)
        return fitted, wrong | ~matching
    return _cast(values, kind, timezone)


def _fit_text(values: pa.Array) -> tuple[pa.Array, np.ndarray]:
    if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
        return pa.nulls(len(values), pa.string()), _flags(pc.is_valid(values))
    text = values.cast(pa.string())
    has_nul = _flags(pc.match_substring(text, "\0"))  # PostgreSQL cannot hold it
    return _without(text, has_nul), has_nul


def _cast(values: pa.Array, kind: ColumnType, timezone: str) -> tuple[pa.Array, np.ndarray]:
    try:
        return _cast_all(values, kind, timezone), np.zeros(len(values), dtype=bool)
    except (pa.ArrowException, ValueError):
        if len(values) == 1:
            return pa.nulls(1, kind.arrow), np.ones(1, dtype=bool)
    return _join([_cast(half, kind, timezone) for half in _halves(values)])


def _cast_all(values: pa.Array, kind: ColumnType, timezone: str) -> pa.Array:
    if kind.family == "timestamptz":
        return _cast_instants(values, timezone)
    if kind.family == "numeric" and pa.types.is_floating(values.type):
        fitted = pc.cast(values, kind.arrow)
        off = pc.abs(pc.subtract(pc.cast(fitted, pa.float64()), values))
        if pc.any(pc.greater(off, pc.multiply(pc.max_element_wise(pc.abs(values), 1.0), 1e-12))).as_py():
            raise ValueError("more decimals than the contract states")
        return fitted
    if kind.family == "numeric" and pa.types.is_integer(values.type):
        return pc.cast(pc.cast(values, pa.decimal128(38, 0)), kind.arrow)
    if kind.family == "date" and pa.types.is_timestamp(values.type):
        day = pc.floor_temporal(values, unit="day")
        if not pc.all(pc.equal(day, values)).as_py() and len(values.drop_null()):
            raise ValueError("a time of day in a date column")
        return pc.cast(day, pa.date32())
    if kind.family == "double" and pa.types.is_string(values.type):
        fitted = pc.cast(values, pa.float64())
        if not pc.all(pc.is_finite(fitted)).as_py() and len(values.drop_null()):
            raise ValueError("not a finite number")
        return fitted
    return pc.cast(values, kind.arrow)


def _cast_instants(values: pa.Array, timezone: str) -> pa.Array:
    """Local times without an offset are those of the contract's time zone; a time that DST repeats is refused."""
    utc = pa.timestamp("us", tz="UTC")
    if not pa.types.is_string(values.type):
        naive = pa.types.is_timestamp(values.type) and values.type.tz is None
        instants = pc.assume_timezone(pc.cast(values, pa.timestamp("us")), timezone) if naive else values
        return pc.cast(instants, utc)
    has_offset = pc.match_substring_regex(values, _OFFSET)
    nothing = pa.scalar(None, pa.string())
    stated = pc.cast(pc.if_else(has_offset, values, nothing), utc)
    local = pc.cast(pc.if_else(has_offset, nothing, values), pa.timestamp("us"))
    return pc.coalesce(stated, pc.cast(pc.assume_timezone(local, timezone), utc))


def _not_of_type(shapes: pa.Array, kind: str) -> np.ndarray:
    """Marks WKB of another type. Only the first five bytes are looked at: nothing nested is ever parsed here."""
    head = pc.binary_slice(shapes, 0, 5)
    codes = [code for base in _WKB_TYPES[kind] for code in (base, base + 1000, base + 0x80000000)]  # plain, with Z
    allowed = [b"\x01" + code.to_bytes(4, "little") for code in codes]
    allowed += [b"\x00" + code.to_bytes(4, "big") for code in codes]
    fits = _flags(pc.is_in(head, value_set=pa.array(allowed, pa.binary())))
    return np.asarray(~fits & _flags(pc.is_valid(shapes)))


def _rejected(
    table: TableContract, raw: pa.RecordBatch, bad: dict[str, np.ndarray], rows: np.ndarray
) -> Iterator[Rejected]:
    for index, values in zip(rows, raw.take(pa.array(rows)).select(_plain(table)).to_pylist(), strict=True):
        reasons = [reason for reason, flags in bad.items() if flags[index]]
        key = [str(values[name]) for name in table.key if values[name] is not None]
        ref = "|".join(key) if len(key) == len(table.key) else f"row without key {values}"[:200]
        payload = {
            name: value if isinstance(value, (str, bool, int)) else _shown(value) for name, value in values.items()
        }
        yield Rejected(row_ref=ref, reason="; ".join(reasons[:_MAX_MISFITS_SHOWN]), payload=payload)


def _plain(table: TableContract) -> list[str]:
    return [column.name for column in table.columns]


def _shown(value: Any) -> str | None:
    return None if value is None else str(value)


def _storage(values: pa.Array) -> pa.Array:
    return values.storage if isinstance(values.type, pa.BaseExtensionType) else values


def _without(values: pa.Array, wrong: np.ndarray) -> pa.Array:
    return pc.if_else(pa.array(wrong), pa.scalar(None, values.type), values) if wrong.any() else values


def _flags(values: pa.Array, *, when_null: bool = False) -> np.ndarray:
    return np.asarray(pc.fill_null(values, when_null).to_numpy(zero_copy_only=False), dtype=bool)


def _halves(values: Any) -> list[Any]:
    middle = len(values) // 2
    return [values[:middle], values[middle:]]


def _join(parts: list[tuple[pa.Array, np.ndarray]]) -> tuple[pa.Array, np.ndarray]:
    return pa.concat_arrays([part for part, _ in parts]), np.concatenate([wrong for _, wrong in parts])
