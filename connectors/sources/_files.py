"""Access to files in a folder, `kind: files`: CSV (with or without BOM), JSON, Excel, GeoPackage, Shapefile.

The SHA-256 of the file is its mark: a file that was loaded before is not read again. A shapefile is several files, and
its mark covers them all. A driver is chosen by suffix and first bytes, never guessed by content, and a path may not
leave the folder of the connection.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

import pyarrow as pa

from connectors.contracts import SourceContract
from connectors.errors import AnswerNotData, ContractInvalid, SettingMissing, SourceUnavailable
from connectors.settings import connection
from connectors.sources._delimited import read_delimited
from connectors.sources._file_formats import read_json_items, read_layer
from connectors.sources._reading import Reading, Request
from connectors.sources._spreadsheet import read_sheet

_MAX_BYTES = 4 * 1024**3
_FIRST_BYTES = {".gpkg": b"SQLite format 3\0", ".shp": b"\x00\x00\x27\x0a"}
_BESIDE_SHP = {".dbf": True, ".shx": True, ".prj": False, ".cpg": False}
"""The other files of a shapefile, and whether it is none without them."""


class FilesSource:
    """A folder of files."""

    def __init__(self, contract: SourceContract) -> None:
        url = connection(contract.access.connection)
        parts = urlsplit(url)
        self._folder = Path(unquote(parts.path)).resolve()
        if parts.scheme != "file" or parts.netloc not in ("", "localhost"):
            raise SettingMissing(
                expected="a folder as file:///path",
                found=f"{parts.scheme}://{parts.netloc}",
                where=f"LIENTHONG_CONN_{contract.access.connection.upper()}",
                next_step="Correct the setting.",
            )
        if not self._folder.is_dir():
            raise SourceUnavailable(
                expected=f"the folder {self._folder}",
                found="no such folder",
                where=contract.system,
                next_step="Nothing was loaded. Check that the share is there, then try again.",
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def read(self, request: Request) -> Reading:
        """All rows of the file, unless it is byte for byte the one that was loaded."""
        path = self._path(request)
        digest = _digest(request, path)
        reading = Reading(rows=iter(()), mark=digest, is_unchanged=digest == request.seen)
        if not reading.is_unchanged:
            reading.rows = self._rows(request, path, reading)
        return reading

    def _rows(self, request: Request, path: Path, reading: Reading) -> Iterator[pa.RecordBatch]:
        suffix = path.suffix.lower()
        if request.table.format.encoding != "utf-8" and suffix not in _FIRST_BYTES:
            raise ContractInvalid(
                expected="an encoding other than UTF-8 for a .gpkg or .shp file only",
                found=f"{request.table.format.encoding} for {path.name}",
                where=request.where,
                next_step="Correct the contract, or convert the file to UTF-8.",
            )
        if suffix in (".csv", ".txt", ".tsv"):
            yield from read_delimited(request, path.open("rb"), into=reading.rejected)
        elif suffix == ".json":
            yield from read_json_items(request, path, into=reading.rejected)
        elif suffix == ".xlsx":
            yield from read_sheet(request, path, into=reading.rejected)
        elif suffix in _FIRST_BYTES:
            with path.open("rb") as file:
                if file.read(len(_FIRST_BYTES[suffix])) != _FIRST_BYTES[suffix]:
                    raise _not_the_format(request, path)
            yield from read_layer(request, path, into=reading.rejected)
        else:
            raise ContractInvalid(
                expected="a .csv, .tsv, .txt, .json, .xlsx, .gpkg or .shp file",
                found=path.name,
                where=request.where,
                next_step="Convert the file, or add its format to connectors/sources/_files.py.",
            )

    def _path(self, request: Request) -> Path:
        path = (self._folder / request.table.source).resolve()
        if not path.is_relative_to(self._folder):
            raise ContractInvalid(
                expected=f"a file within {self._folder}",
                found=request.table.source,
                where=request.where,
                next_step="Correct the contract.",
            )
        if not path.is_file() or path.stat().st_size > _MAX_BYTES:
            raise SourceUnavailable(
                expected=f"the file {request.table.source} of at most {_MAX_BYTES} bytes",
                found="a larger one" if path.is_file() else "no such file",
                where=request.where,
                next_step="Nothing was loaded; the last good data stays. Ask whoever delivers it, then try again.",
            )
        return path


def _digest(request: Request, path: Path) -> str:
    """SHA-256 of the file; of a shapefile, over those of its parts. `SourceUnavailable` while one is missing."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if path.suffix.lower() != ".shp":
        return digest
    parts = [digest]
    for suffix, is_needed in _BESIDE_SHP.items():
        beside = _beside(path, suffix)
        if beside is None and is_needed:
            raise SourceUnavailable(
                expected=f"{path.stem}{suffix} beside {path.name}: a shapefile is at least .shp, .dbf and .shx",
                found="no such file",
                where=request.where,
                next_step="Nothing was loaded; the last good data stays. Wait until the delivery is complete.",
            )
        if beside is not None:
            with beside.open("rb") as file:
                parts.append(suffix + hashlib.file_digest(file, "sha256").hexdigest())
    return hashlib.sha256("|".join(parts).encode()).hexdigest()


def _beside(path: Path, suffix: str) -> Path | None:
    """The part of a shapefile, whatever the case of its ending."""
    found = (path.with_suffix(ending) for ending in (suffix, suffix.upper()))
    return next((part for part in found if part.is_file()), None)


def _not_the_format(request: Request, path: Path) -> AnswerNotData:
    return AnswerNotData(
        expected=f"a file in the format that {path.suffix} says",
        found=f"{path.name} with other first bytes",
        where=request.where,
        next_step="Nothing was loaded; the last good data stays. Ask whoever delivers the file.",
    )
