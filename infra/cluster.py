"""The private PostgreSQL cluster of a home: created, started, found again, stopped.

Which programs and account: `infra.postgres_programs`. Databases and roles inside it: `infra.databases`.
Everything here may be repeated, interrupted, and done by two processes at once.
"""

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from connectors.errors import RuntimeNotReady
from connectors.settings import home as default_home
from infra import cluster_files
from infra.locks import locked
from infra.ports import choose_port, remembered_port
from infra.postgres_programs import run_program
from infra.settings_file import change_settings, keep_secret, prepare_home

SERVICE = "postgres"
START_ATTEMPTS = 5


@dataclass(frozen=True)
class Cluster:
    """A running cluster; `admin_dsn` is that of its superuser and for bootstrapping only."""

    home: Path
    data: Path
    port: int
    password: str = field(repr=False)

    @property
    def admin_dsn(self) -> str:
        return self.dsn("postgres", self.password, "postgres")

    def dsn(self, role: str, password: str, database: str) -> str:
        """The connection URL of a role to a database of this cluster."""
        return f"postgresql://{role}:{password}@127.0.0.1:{self.port}/{database}"


def start_cluster(home: Path | None = None, *, throw_away: bool = False) -> Cluster:
    """The cluster of the home, created and started as far as needed; safe to call from several processes at once.

    A `throw_away` cluster does not survive a power cut: it waits for no disk.
    """
    home = prepare_home(home or default_home())
    with locked(home / "cluster.lock"):
        data = cluster_files.place_data(home)
        password = keep_secret("LIENTHONG_CLUSTER_PASSWORD", home)
        if not (data / "PG_VERSION").exists():
            cluster_files.create_data(data, password)
        port = remembered_port(SERVICE, home)
        if port is None or running_pid(data) is None:
            port = _start(home, data, throw_away=throw_away)
    cluster = Cluster(home, data, port, password)
    change_settings(lambda settings: {**settings, "LIENTHONG_DSN_ADMIN": cluster.admin_dsn}, home)
    return cluster


def stop_cluster(home: Path | None = None) -> None:
    """Stop the cluster of the home and wait until it is gone; nothing happens if it does not run."""
    home = home or default_home()
    if not home.is_dir():
        return
    with locked(home / "cluster.lock"):
        data = cluster_files.find_data(home)
        if data is None or running_pid(data) is None:
            return
        try:
            run_program("pg_ctl", ["stop", "-D", str(data), "-m", "fast", "-w", "-t", "30"])
        except RuntimeNotReady:
            # A backend that does not answer: what was committed is in the write-ahead log and survives.
            run_program("pg_ctl", ["stop", "-D", str(data), "-m", "immediate", "-w", "-t", "30"])


def remove_cluster(home: Path) -> None:
    """Stop the cluster of the home and delete its data."""
    stop_cluster(home)
    data = cluster_files.find_data(home)
    if data is not None:
        shutil.rmtree(data, ignore_errors=True)
        cluster_files.forget_data(home, data)


def running_pid(data: Path) -> int | None:
    """The process id of the server of this data folder, or None; a lock file left by a dead one does not count."""
    try:
        pid = int((data / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return None
    return pid if os.fsencode(data) in arguments else None


def _start(home: Path, data: Path, *, throw_away: bool) -> int:
    old = remembered_port(SERVICE, home)
    for attempt in range(START_ATTEMPTS):
        port = choose_port(SERVICE, home)
        cluster_files.write_configuration(data, port, throw_away=throw_away)
        _remove_stale_lock(data)
        try:
            log = cluster_files.open_log(home)
            run_program("pg_ctl", ["start", "-D", str(data), "-l", str(log), "-w", "-t", "120", "-s"])
        except RuntimeNotReady:
            # Another program took the port in between, or backends of a killed server are still dying.
            if attempt == START_ATTEMPTS - 1:
                raise
            time.sleep(1)
        else:
            if old not in (None, port):
                change_settings(_mover(old, port), home)
            return port
    raise AssertionError("unreachable")


def _remove_stale_lock(data: Path) -> None:
    # After a reboot the number in it may belong to any process, and PostgreSQL would then refuse to start.
    if running_pid(data) is None:
        (data / "postmaster.pid").unlink(missing_ok=True)


def _mover(old: int | None, new: int) -> Callable[[dict[str, str]], dict[str, str]]:
    def move(settings: dict[str, str]) -> dict[str, str]:
        return {name: value.replace(f"@127.0.0.1:{old}/", f"@127.0.0.1:{new}/") for name, value in settings.items()}

    return move
