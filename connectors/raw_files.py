"""The raw files: immutable Parquet (GeoParquet where there is a geometry), one folder and one manifest per batch.

`<raw>/<system>/<table>/<partition>/<batch>/{rows.parquet, rejected.jsonl, manifest.json}`. A folder appears under its
name only when everything in it is complete and on disk. They hold personal data: 0700 and 0600.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import pyarrow as pa
import pyarrow.parquet as pq
import pyproj

from connectors.contracts import SourceContract, TableContract
from connectors.settings import raw_dir

EXTRACTOR_VERSION = "1"
_ROWS_PER_GROUP = 32_768
_BYTES_PER_GROUP = 16 * 1024 * 1024
ROWS, REJECTED, MANIFEST = "rows.parquet", "rejected.jsonl", "manifest.json"


@dataclass(frozen=True)
class Manifest:
    """What one batch of raw files holds, as it stands in manifest.json."""

    system: str
    table: str
    partition: str
    batch_id: int
    mode: str
    row_count: int
    rejected_count: int
    announced_count: int | None
    total_at_source: int | None
    mark_from: str | None
    mark_to: str | None
    source_as_of: str
    contract_sha256: str
    extractor_version: str
    files: dict[str, str]


class RawBatch:
    """A batch of raw files being written. Leave the `with` block without `finish` and nothing remains."""

    def __init__(self, contract: SourceContract, table: TableContract, *, partition: str, name: str) -> None:
        self._table = table
        self._parent = raw_dir() / contract.system / table.name / partition
        self._folder = self._parent / f".{name}.partial"
        self.final = self._parent / name
        self._waiting: list[pa.RecordBatch] = []
        self._writer: pq.ParquetWriter | None = None
        self._file: IO[bytes] | None = None
        self.row_count = 0

    def __enter__(self) -> Self:
        _make_private(self._folder)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None and not self._file.closed:
            self._file.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def write(self, batch: pa.RecordBatch) -> None:
        """Adds rows; small batches are gathered into row groups of a useful size."""
        self.row_count += batch.num_rows
        self._waiting.append(batch)
        if sum(b.num_rows for b in self._waiting) >= _ROWS_PER_GROUP or _size(self._waiting) >= _BYTES_PER_GROUP:
            self._write_group()

    def finish(self, manifest: Manifest, rejected: list[dict[str, Any]]) -> str:
        """Puts the batch on disk under its name and answers the SHA-256 of its manifest."""
        self._write_group(last=True)
        if self._writer is not None and self._file is not None:
            self._writer.close()
            _sync(self._file)
        lines = "".join(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n" for row in rejected)
        if rejected:
            _write(self._folder / REJECTED, lines.encode())
        names = [ROWS, *([REJECTED] if rejected else [])]
        files = {name: _file_sha256(self._folder / name) for name in names}
        text = json.dumps({**asdict(manifest), "files": files}, ensure_ascii=False, indent=1, sort_keys=True).encode()
        _write(self._folder / MANIFEST, text)
        _sync_folder(self._folder)
        self._folder.rename(self.final)
        _sync_folder(self._parent)
        return hashlib.sha256(text).hexdigest()

    def _write_group(self, *, last: bool = False) -> None:
        if self._writer is None and (self._waiting or last):
            self._file = _create(self._folder / ROWS)
            self._writer = pq.ParquetWriter(self._file, _schema(self._table), compression="zstd", compression_level=1)
        if self._writer is not None and self._waiting:
            group = pa.Table.from_batches(self._waiting).replace_schema_metadata(self._writer.schema.metadata)
            self._writer.write_table(group, row_group_size=_ROWS_PER_GROUP)
        self._waiting = []


def read_rows(folder: Path) -> Iterator[pa.RecordBatch]:
    """The rows of a finished batch, one row group in memory at a time."""
    with pq.ParquetFile(folder / ROWS) as file:
        for group in range(file.num_row_groups):
            yield from file.read_row_group(group).to_batches()


def remove_partial(contract: SourceContract, table: TableContract, partition: str) -> None:
    """Removes what killed runs left half-written. Call it only under the lock of the table and partition."""
    for folder in (raw_dir() / contract.system / table.name / partition).glob(".*.partial"):
        shutil.rmtree(folder, ignore_errors=True)


def _schema(table: TableContract) -> pa.Schema:
    schema, geometry = table.arrow_schema, table.geometry
    if geometry is None:
        return schema
    column: dict[str, Any] = {"encoding": "WKB", "geometry_types": []}
    if geometry.srid != 4326:  # GeoParquet without crs means WGS 84; null means unknown, here: stated row by row
        column["crs"] = pyproj.CRS.from_epsg(geometry.srid).to_json_dict() if geometry.srid else None
    geo = {"version": "1.1.0", "primary_column": geometry.column, "columns": {geometry.column: column}}
    return schema.with_metadata({"geo": json.dumps(geo)})


def _size(batches: list[pa.RecordBatch]) -> int:
    return sum(batch.nbytes for batch in batches)


def _make_private(folder: Path) -> None:
    if folder != raw_dir():
        _make_private(folder.parent)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _create(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _write(path: Path, data: bytes) -> None:
    with _create(path) as file:
        file.write(data)
        _sync(file)


def _sync(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())
    file.close()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
