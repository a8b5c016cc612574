"""A MariaDB server of a test's own: on loopback, never as root, gone with the test."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pymysql

IS_INSTALLED = all(shutil.which(program) for program in ("mariadbd", "mariadb-install-db"))


@contextmanager
def mariadb_server(folder: Path) -> Iterator[str]:
    """The connection URL of a database `things` on a fresh server."""
    folder.mkdir(mode=0o755)
    data, port = folder / "data", _free_port()
    user = "nobody" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    subprocess.run(
        ["mariadb-install-db", "--no-defaults", "--auth-root-authentication-method=normal", f"--datadir={data}"],
        check=True, capture_output=True, user=user, cwd="/",
    )  # fmt: skip
    server = subprocess.Popen(
        ["mariadbd", "--no-defaults", f"--datadir={data}", f"--port={port}", "--bind-address=127.0.0.1",
         f"--socket={folder / 'socket'}", f"--pid-file={folder / 'pid'}", "--innodb-buffer-pool-size=32M"],
        user=user, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait_for(port)
        yield f"mysql+pymysql://root@127.0.0.1:{port}/things?charset=utf8mb4"
    finally:
        server.terminate()
        server.wait(30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    for _ in range(300):
        try:
            with pymysql.connect(host="127.0.0.1", port=port, user="root") as connection, connection.cursor() as cursor:
                cursor.execute("create database if not exists things character set utf8mb4")
                return
        except pymysql.err.OperationalError:
            time.sleep(0.1)
    raise TimeoutError("mariadbd did not answer within 30 s")
