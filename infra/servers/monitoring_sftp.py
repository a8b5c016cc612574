"""The SFTP server of the monitoring feed: one user with a key, one folder, read-only.

Run: `python -m infra.servers.monitoring_sftp PORT FOLDER KEYS`; KEYS holds `host_key` and `authorized_keys`.
"""

import asyncio
import signal
import sys
from functools import partial
from pathlib import Path
from typing import Any

import asyncssh

USER = "lienthong"
WRITE_FLAGS = asyncssh.FXF_WRITE | asyncssh.FXF_APPEND | asyncssh.FXF_CREAT | asyncssh.FXF_TRUNC


class KnownUser(asyncssh.SSHServer):
    """Only the one user may try; the key decides."""

    def __init__(self, authorized: Path) -> None:
        self._keys = asyncssh.import_authorized_keys(authorized.read_text(encoding="utf-8"))
        self._connection: Any = None

    def connection_made(self, conn: Any) -> None:
        self._connection = conn

    def begin_auth(self, username: str) -> bool:
        if username == USER:
            self._connection.set_authorized_keys(self._keys)
        return True

    def password_auth_supported(self) -> bool:
        return False


class ReadOnlyFolder(asyncssh.SFTPServer):
    """The folder as `/`; every change is refused."""

    def __init__(self, channel: Any, *, folder: Path) -> None:
        super().__init__(channel, chroot=str(folder).encode())

    def open(self, path: bytes, pflags: int, attrs: Any) -> Any:
        if pflags & WRITE_FLAGS:
            raise asyncssh.SFTPPermissionDenied("read-only")
        return super().open(path, pflags, attrs)

    def open56(self, path: bytes, desired_access: int, flags: int, attrs: Any) -> Any:
        if desired_access & ~(asyncssh.ACE4_READ_DATA | asyncssh.ACE4_READ_ATTRIBUTES):
            raise asyncssh.SFTPPermissionDenied("read-only")
        return super().open56(path, desired_access, flags, attrs)

    def _refuse(self, *_arguments: Any, **_options: Any) -> Any:
        raise asyncssh.SFTPPermissionDenied("read-only")

    remove = mkdir = rmdir = rename = posix_rename = symlink = link = setstat = lsetstat = fsetstat = write = _refuse


async def serve(port: int, folder: Path, keys: Path) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    server = await asyncssh.listen(
        "127.0.0.1",
        port,
        server_factory=partial(KnownUser, keys / "authorized_keys"),
        server_host_keys=[str(keys / "host_key")],
        sftp_factory=partial(ReadOnlyFolder, folder=folder),
        allow_scp=False,
    )
    await stop.wait()
    server.close()


def main() -> None:
    """Serve the folder."""
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])))


if __name__ == "__main__":
    main()
