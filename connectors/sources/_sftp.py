"""A connection to an SFTP server: by key, with a known host key, every step with a time limit.

What the files mean is in `_sftp_lines.py`.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

import asyncssh

from connectors.errors import IncompleteBatch, LienThongError, SettingMissing, SourceUnavailable
from connectors.sources._reading import SeenFile
from connectors.sources._retry import retried

T = TypeVar("T")
_SECONDS = 120
_CONNECT_SECONDS = 15
_REFUSED = (asyncssh.PermissionDenied, asyncssh.HostKeyNotVerifiable, asyncssh.KeyImportError)


class SftpConnection:
    """An open SFTP session. Its event loop belongs to it, so that callers stay plain functions."""

    def __init__(self, url: str, *, where: str) -> None:
        self._where = where
        self._runner = asyncio.Runner()
        try:
            self._connection, self._client = retried(lambda: self._run(_open(url)))
        except LienThongError:
            self._runner.close()
            raise

    def matching(self, pattern: str) -> list[SeenFile]:
        """The files that match, by name; none is not an error here."""
        listed = self._run(self._list(pattern))
        return sorted(listed, key=lambda file: file.name)

    def read(self, files: Sequence[SeenFile]) -> list[bytes]:
        """The content of these files, read side by side; each must be as long as it was listed."""
        return self._run(self._read(files))

    def close(self) -> None:
        """Ends the session."""
        self._connection.abort()
        self._runner.close()

    def _run(self, step: Coroutine[Any, Any, T]) -> T:
        try:
            return self._runner.run(asyncio.wait_for(step, _SECONDS))
        except (OSError, asyncssh.Error, TimeoutError) as error:
            raise self._translated(error) from error

    async def _list(self, pattern: str) -> list[SeenFile]:
        try:
            names = await self._client.glob_sftpname(pattern)
        except asyncssh.SFTPNoSuchFile:
            return []
        return [
            SeenFile(str(name.filename), name.attrs.size or 0, datetime.fromtimestamp(name.attrs.mtime or 0, UTC))
            for name in names
            if name.attrs.type != asyncssh.FILEXFER_TYPE_DIRECTORY
        ]

    async def _read(self, files: Sequence[SeenFile]) -> list[bytes]:
        return await asyncio.gather(*(self._read_one(file) for file in files))

    async def _read_one(self, file: SeenFile) -> bytes:
        async with self._client.open(file.name, "rb") as handle:
            data: Any = await handle.read(file.size + 1)
        if len(data) != file.size:
            raise IncompleteBatch(
                expected=f"{file.size} bytes, as the server listed them",
                found=f"{'more' if len(data) > file.size else len(data)}",
                where=f"{self._where} {file.name}",
                next_step="The file is being written, or was cut. Nothing was loaded; run it again in a few minutes.",
            )
        return bytes(data)

    def _translated(self, error: Exception) -> LienThongError:
        refused = isinstance(error, _REFUSED)
        kind: type[LienThongError] = SettingMissing if refused else SourceUnavailable
        return kind(
            expected="an answer from the SFTP server",
            found=f"{type(error).__name__}: {error}"[:300],
            where=self._where,
            next_step="Nothing was loaded; the last good data stays. "
            + ("Check the key and the known host key." if refused else "Try again later."),
        )


async def _open(url: str) -> tuple[asyncssh.SSHClientConnection, asyncssh.SFTPClient]:
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    connection = await asyncssh.connect(
        parts.hostname or "",
        parts.port or 22,
        username=unquote(parts.username or ""),
        client_keys=[query["key"]] if "key" in query else None,
        known_hosts=query.get("known_hosts", ()),
        agent_path=None,
        config=None,
        connect_timeout=_CONNECT_SECONDS,
        login_timeout=_CONNECT_SECONDS,
        keepalive_interval=15,
    )
    client = await connection.start_sftp_client()
    folder = unquote(parts.path).strip("/")
    if folder:
        await client.chdir(f"/{folder}")
    return connection, client
