"""Access to text files on an SFTP server, `kind: sftp_lines`.

Mode append reads files that are new or changed by name, size and time; they only ever grow. Mode snapshot reads the
one file named. A complete file ends with CR LF.
"""

from collections.abc import Iterator
from types import TracebackType
from typing import Self

import pyarrow as pa

from connectors.contracts import SourceContract
from connectors.errors import AnswerNotData, IncompleteBatch, ShrunkTooFar, SourceUnavailable
from connectors.settings import connection
from connectors.sources._delimited import check_text, in_memory, read_delimited
from connectors.sources._reading import Reading, Request, SeenFile
from connectors.sources._sftp import SftpConnection

_MAX_BYTES = 64 * 1024 * 1024
_SIDE_BY_SIDE = 16


class SftpSource:
    """An open SFTP drop."""

    def __init__(self, contract: SourceContract) -> None:
        self._sftp = SftpConnection(connection(contract.access.connection), where=contract.system)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._sftp.close()

    def read(self, request: Request) -> Reading:
        """The lines of all files that were not read as they are now."""
        is_whole = request.table.mode == "snapshot"
        listed = self._sftp.matching(request.table.source)
        if not listed:
            raise _nothing(request)
        wanted = listed if is_whole else [file for file in listed if request.seen_files.get(file.name) != file]
        for file in wanted:
            _check_size(request, file)
        reading = Reading(rows=iter(()), is_whole=is_whole, is_unchanged=not wanted)
        reading.files = [] if is_whole else wanted
        reading.rows = self._rows(request, reading, wanted)
        return reading

    def _rows(self, request: Request, reading: Reading, files: list[SeenFile]) -> Iterator[pa.RecordBatch]:
        for start in range(0, len(files), _SIDE_BY_SIDE):
            some = files[start : start + _SIDE_BY_SIDE]
            for file, data in zip(some, self._sftp.read(some), strict=True):
                _check_end(request, file, data)
                check_text(request, file.name, data)
                yield from read_delimited(request, in_memory(data), into=reading.rejected, file_name=file.name)


def _check_size(request: Request, file: SeenFile) -> None:
    before = request.seen_files.get(file.name)
    if before and file.size < before.size:
        raise IncompleteBatch(
            expected=f"{file.name} with at least the {before.size} bytes it had",
            found=f"{file.size}",
            where=request.where,
            next_step="Nothing was loaded. Ask the operator of the station to send the file again.",
        )
    if file.size > _MAX_BYTES:
        raise AnswerNotData(
            expected=f"files of at most {_MAX_BYTES} bytes",
            found=f"{file.name} with {file.size}",
            where=request.where,
            next_step="Nothing was loaded. Look at the file; a day of a station is well below a megabyte.",
        )


def _check_end(request: Request, file: SeenFile, data: bytes) -> None:
    if not data.endswith(b"\r\n"):
        raise IncompleteBatch(
            expected="a last line that ends with CR LF",
            found=f"{data[-40:].decode('utf-8', 'replace')!r}" if data else "an empty file",
            where=f"{request.where} ({file.name})",
            next_step="The file is being written, or was cut. Nothing was loaded; run it again, or have it sent again.",
        )


def _nothing(request: Request) -> Exception:
    kind = ShrunkTooFar if request.seen_files else SourceUnavailable
    return kind(
        expected=f"files that match {request.table.source}",
        found="none",
        where=request.where,
        next_step="Nothing was loaded; the last good data stays. Check that the folder is there and readable.",
    )
