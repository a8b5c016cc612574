"""A sheet of an Excel workbook (.xlsx) into Arrow, by GDAL: the first row names the columns, every cell is text.

Numbers keep the digits that the cell holds, so that the contract decides what they are. A workbook is a ZIP archive:
its entries, their size and how far they unpack are looked at before anything is unpacked.
"""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyogrio

from connectors.errors import AnswerNotData
from connectors.sources._fit import fit_batch
from connectors.sources._reading import ROWS_PER_BATCH, Rejected, Request
from connectors.sources._shape import check_shape

_MAX_ENTRIES = 2_000
_MAX_UNPACKED = 256 * 1024 * 1024
_MAX_RATIO = 200
_AS_TEXT = {"HEADERS": "FORCE", "FIELD_TYPES": "STRING"}


def read_sheet(request: Request, path: Path, *, into: list[Rejected]) -> Iterator[pa.RecordBatch]:
    """The rows of the sheet that `layer` names, else of the first; raises `AnswerNotData` for what is no workbook."""
    _check_archive(request, path)
    layout = request.table.format
    try:
        sheets = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
        layer = layout.layer or sheets[0]
        fields = pyogrio.read_info(path, layer=layer, **_AS_TEXT)["fields"]
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, IndexError) as error:
        raise _not_a_sheet(request, path, str(error)) from error
    check_shape(request, {layout.rename.get(name, name): None for name in fields})
    wanted = [name for name in fields if layout.rename.get(name, name) not in layout.ignore]
    with pyogrio.open_arrow(
        path, layer=layer, columns=wanted, read_geometry=False, batch_size=ROWS_PER_BATCH, use_pyarrow=True, **_AS_TEXT
    ) as (_, reader):
        for raw in reader:
            columns = {layout.rename.get(name, name): raw.column(name) for name in wanted}
            yield fit_batch(request, pa.RecordBatch.from_pydict(columns), rejected=into)


def _check_archive(request: Request, path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except zipfile.BadZipFile as error:
        raise _not_a_sheet(request, path, str(error)) from error
    unpacked, packed = sum(entry.file_size for entry in entries), path.stat().st_size
    if len(entries) > _MAX_ENTRIES or unpacked > min(_MAX_UNPACKED, max(packed, 4096) * _MAX_RATIO):
        raise _not_a_sheet(request, path, f"{len(entries)} entries that unpack from {packed} to {unpacked} bytes")


def _not_a_sheet(request: Request, path: Path, found: str) -> AnswerNotData:
    return AnswerNotData(
        expected=f"an Excel workbook with the sheet {request.table.format.layer or '(the first)'}",
        found=found[:300],
        where=f"{request.where} ({path.name})",
        next_step="Nothing was loaded; the last good data stays. Ask whoever delivers the workbook.",
    )
