"""What the raw files say of a row: its batch, whether file and manifest are untouched, and the line it stands in.

Writing raw files lives in `raw_files.py`. Here only key columns are ever read.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import file_digest, sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from connectors.raw_files import MANIFEST, ROWS


@dataclass(frozen=True)
class RawFile:
    """A raw file as the manifest states it; `is_unchanged` is None where it cannot be read from here."""

    path: str
    sha256: str | None
    manifest_sha256: str
    is_unchanged: bool | None
    line_no: int | None
    problem: str | None = None


def find_row(folder: str, manifest_sha256: str, key: Mapping[str, str]) -> RawFile:
    """The raw file of a batch and the line (1 first) of the row with this key, None where it is not in there.

    Nothing is raised for files that are gone, closed to this account, or changed: `problem` says what was found.
    """
    path = Path(folder)
    try:
        text = (path / MANIFEST).read_bytes()
        stated = str(json.loads(text)["files"][ROWS])
        is_unchanged = sha256(text).hexdigest() == manifest_sha256 and _digest(path / ROWS) == stated
        line = _line(path / ROWS, key)
    except (OSError, ValueError, KeyError, pa.ArrowException) as error:
        return RawFile(str(path / ROWS), None, manifest_sha256, None, None, f"not readable: {type(error).__name__}")
    problem = None if is_unchanged else "the file or its manifest is not what was loaded"
    return RawFile(str(path / ROWS), stated, manifest_sha256, is_unchanged, line, problem)


@lru_cache(maxsize=32)
def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


@lru_cache(maxsize=4)
def _keys(path: Path, columns: tuple[str, ...]) -> pa.Table:
    table = pq.read_table(path, columns=list(columns))
    return pa.table({name: pc.cast(table[name], pa.string()) for name in columns})


def _line(path: Path, key: Mapping[str, str]) -> int | None:
    keys = _keys(path, tuple(key))
    found: pa.ChunkedArray | None = None
    for name, value in key.items():
        same = pc.equal(keys[name], value)
        found = same if found is None else pc.and_(found, same)
    place = pc.index(found, value=True).as_py() if found is not None else -1
    return place + 1 if place >= 0 else None
