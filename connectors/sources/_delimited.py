"""Delimited text into Arrow: by pyarrow's reader, block by block; never a Python loop over lines.

A line with too few or too many fields is a rejected row. Every column is read as text and fitted to the contract.
"""

import io
from collections.abc import Iterator
from typing import IO

import numpy as np
import pyarrow as pa
from pyarrow import csv

from connectors.errors import AnswerNotData
from connectors.sources._fit import fit_batch
from connectors.sources._line_order import LineOrder
from connectors.sources._reading import Rejected, Request
from connectors.sources._shape import check_shape

_BLOCK = 8 * 1024 * 1024


def read_delimited(
    request: Request, file: IO[bytes], *, into: list[Rejected], file_name: str = ""
) -> Iterator[pa.RecordBatch]:
    """The rows of a file, with its name and line numbers where the contract asks for them. Closes the file."""
    layout = request.table.format
    given = [*(layout.file_columns.model_dump().values() if layout.file_columns else []), layout.row_number]
    given += [layout.series.behind, layout.series.run] if layout.series else []
    order = LineOrder(layout.series) if layout.series else None
    names = [column.name for column in request.table.columns if column.name not in given]
    quoted = not layout.file_columns
    skipped: list[csv.InvalidRow] = []

    def skip(row: csv.InvalidRow) -> str:
        skipped.append(row)
        return "skip"

    try:
        with (
            file,
            csv.open_csv(
                file,
                read_options=csv.ReadOptions(
                    block_size=_BLOCK, use_threads=False, column_names=None if layout.header else names
                ),
                parse_options=csv.ParseOptions(
                    delimiter=layout.delimiter,
                    quote_char='"' if quoted else False,
                    newlines_in_values=quoted,
                    ignore_empty_lines=False,
                    invalid_row_handler=skip,
                ),
                convert_options=csv.ConvertOptions(
                    strings_can_be_null=True,
                    null_values=[""],
                    quoted_strings_can_be_null=False,
                    **_as_text(request, names),
                ),
            ) as reader,
        ):
            found = {layout.rename.get(name, name): None for name in reader.schema.names}
            check_shape(request, found | dict.fromkeys(name for name in given if name))
            at = 1
            for block in reader:
                columns, at = _numbered(request, block, first=at, skipped=skipped, file_name=file_name)
                columns |= order.columns(columns) if order else {}
                raw = pa.RecordBatch.from_pydict(columns)
                yield fit_batch(request, raw, rejected=into)
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        raise _not_text(request, file_name, str(error)) from error
    into.extend(_rejected(row, file_name) for row in skipped)


def _as_text(request: Request, names: list[str]) -> dict[str, dict[str, pa.DataType]]:
    back = {new: old for old, new in request.table.format.rename.items()}
    wanted = {back.get(name, name): pa.string() for name in names}
    return {"column_types": wanted | dict.fromkeys(request.table.format.ignore, pa.string())}


def _numbered(
    request: Request, raw: pa.RecordBatch, *, first: int, skipped: list[csv.InvalidRow], file_name: str
) -> tuple[dict[str, pa.Array], int]:
    """The columns under the contract's names, with row numbers that count the skipped lines too."""
    layout = request.table.format
    columns = {layout.rename.get(name, name): raw.column(name) for name in raw.schema.names}
    offset = 1 if layout.header else 0
    gaps = {row.number - offset for row in skipped if row.number is not None}
    numbers = np.arange(first, first + raw.num_rows + len([g for g in gaps if g >= first]))
    numbers = numbers[~np.isin(numbers, list(gaps))][: raw.num_rows] if gaps else numbers
    if layout.file_columns:
        columns[layout.file_columns.name] = pa.repeat(pa.scalar(file_name), raw.num_rows)
        columns[layout.file_columns.line] = pa.array(numbers)
    if layout.row_number:
        columns[layout.row_number] = pa.array(numbers)
    last = int(numbers[-1]) + 1 if raw.num_rows else first
    return columns, last


def _rejected(row: csv.InvalidRow, file_name: str) -> Rejected:
    place = f"{file_name}|{row.number}" if file_name else f"line {row.number}"
    reason = f"{row.actual_columns} fields instead of {row.expected_columns}"
    return Rejected(row_ref=place, reason=reason, payload={"text": row.text[:1000]})


def check_text(request: Request, name: str, data: bytes) -> None:
    """Raises `AnswerNotData` for bytes that are no text: a NUL or broken UTF-8."""
    if b"\0" in data:
        raise _not_text(request, name, "a NUL byte")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _not_text(request, name, str(error)) from error


def in_memory(data: bytes) -> IO[bytes]:
    """Bytes as a file that `read_delimited` may close."""
    return io.BytesIO(data)


def _not_text(request: Request, file_name: str, found: str) -> AnswerNotData:
    return AnswerNotData(
        expected="lines of text in UTF-8",
        found=found[:300],
        where=f"{request.where} ({file_name or request.table.source})",
        next_step="Nothing was loaded; the last good data stays. Ask whoever delivers the file.",
    )
