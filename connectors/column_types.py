"""The types that a contract may give a column, as PostgreSQL and as Arrow name them.

Nothing here converts values; `connectors/sources/_fit.py` does.
"""

import re
from dataclasses import dataclass

import pyarrow as pa

_ARROW = {
    "text": pa.string(),
    "smallint": pa.int16(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", tz="UTC"),
}
_NUMERIC = re.compile(r"numeric\((\d{1,2}),(\d{1,2})\)")
_MAX_DIGITS = 38


@dataclass(frozen=True)
class ColumnType:
    """One column type: its family (`numeric`, `text`, …), and what both ends call it."""

    family: str
    sql: str
    arrow: pa.DataType


def column_type(text: str) -> ColumnType:
    """The type that a contract writes as `text`; ValueError names the types there are."""
    if text in _ARROW:
        return ColumnType(text, "double precision" if text == "double" else text, _ARROW[text])
    match = _NUMERIC.fullmatch(text)
    if match and int(match[2]) <= int(match[1]) <= _MAX_DIGITS and int(match[1]) > 0:
        return ColumnType("numeric", text, pa.decimal128(int(match[1]), int(match[2])))
    raise ValueError(f"{text!r} is not one of {', '.join(_ARROW)}, numeric(p,s)")
