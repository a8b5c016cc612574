"""The files of a private cluster: where its data lies, how it is created, how it is configured.

Starting it lives in `infra.cluster`.
"""

import hashlib
import os
import shutil
import sys
import tempfile
from pathlib import Path
from subprocess import DEVNULL, run

from connectors.errors import RuntimeNotReady
from infra.postgres_programs import Account, as_account, run_program, server_account

CONFIGURATION = """\
# Written by the local runtime at every start.
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
port = {port}
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %q%u@%d '
max_connections = 150
shared_buffers = {shared_buffers}
effective_cache_size = 8GB
work_mem = 32MB
maintenance_work_mem = 256MB
dynamic_shared_memory_type = {shared_memory}
wal_level = minimal
max_wal_senders = 0
max_wal_size = 4GB
checkpoint_timeout = 15min
random_page_cost = 1.1
max_parallel_workers_per_gather = 2
autovacuum_vacuum_cost_delay = 20ms
# A statement that needs a table which autovacuum is at work on gets it after this time.
deadlock_timeout = 100ms
jit = off
"""
THROW_AWAY = """\
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum_naptime = 10min
"""


def place_data(home: Path) -> Path:
    """The data folder of the home: where it was, else `<home>/pg`, else one that the server's account can reach."""
    found = find_data(home)
    if found is not None:
        return found
    data = home / "pg"
    if not _can_reach(server_account(), home):
        data = _fallback(home) / "pg"
        (home / "pg.place").write_text(f"{data}\n", encoding="utf-8")
        print(f"The account of the database server cannot enter {home}: its data goes to {data}.", file=sys.stderr)
    return data


def find_data(home: Path) -> Path | None:
    """The data folder chosen before, or None."""
    if (home / "pg").is_dir():
        return home / "pg"
    try:
        return Path((home / "pg.place").read_text(encoding="utf-8").strip())
    except FileNotFoundError:
        return None


def forget_data(home: Path, data: Path) -> None:
    """Choose the place anew next time."""
    (home / "pg.place").unlink(missing_ok=True)
    if data.parent != home:
        shutil.rmtree(data.parent, ignore_errors=True)


def create_data(data: Path, password: str) -> None:
    """Create an empty cluster; an interrupted attempt leaves nothing that could be taken for one."""
    half = data.with_name("pg.half")
    for leftover in (half, data):
        shutil.rmtree(leftover, ignore_errors=True)
    half.mkdir(parents=True, mode=0o700)
    _give(half)
    with tempfile.NamedTemporaryFile("w", dir=half.parent, prefix=".pw", encoding="utf-8") as secret:
        secret.write(password)
        secret.flush()
        _give(Path(secret.name))
        options = ["--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256", "--no-sync"]
        run_program("initdb", ["-D", str(half), *options, f"--pwfile={secret.name}"])
    with (half / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write("\ninclude 'lienthong.conf'\n")
    half.rename(data)


def write_configuration(data: Path, port: int, *, throw_away: bool) -> None:
    """Write the settings of the server, read at its next start."""
    text = CONFIGURATION.format(
        port=port, shared_memory=_shared_memory(), shared_buffers="128MB" if throw_away else _shared_buffers()
    )
    path = data / "lienthong.conf"
    path.write_text(text + (THROW_AWAY if throw_away else ""), encoding="utf-8")
    _give(path)


def open_log(home: Path) -> Path:
    """The log file of the server, there and writable for its account."""
    path = (find_data(home) or home / "pg").parent / "logs" / "postgres.log"
    path.parent.mkdir(exist_ok=True)
    path.parent.chmod(0o711)
    path.touch(mode=0o600)
    _give(path)
    return path


def _shared_memory() -> str:
    # Containers often have 64 MB of /dev/shm, too little for a parallel hash join.
    try:
        return "posix" if shutil.disk_usage("/dev/shm").total >= 2**30 else "mmap"  # noqa: S108
    except FileNotFoundError:
        return "mmap"


def _shared_buffers() -> str:
    """An eighth of the memory, 512 MB to 2 GB: a day compares every table, and what does not fit is read anew."""
    eighth = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 8 // 2**20
    return f"{min(max(eighth, 512), 2048)}MB"


def _can_reach(account: Account | None, folder: Path) -> bool:
    if account is None:
        return True
    entered = run(["test", "-x", str(folder)], stdin=DEVNULL, cwd="/", check=False, **as_account(account))
    return bool(entered.returncode == 0)


def _fallback(home: Path) -> Path:
    name = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    folder = Path("/var/tmp") / f"lienthong-{os.geteuid()}-{name}"  # noqa: S108 - ownership is checked
    folder.mkdir(mode=0o711, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise RuntimeNotReady(
            expected=f"a folder of account {os.geteuid()}",
            found="one that belongs to somebody else",
            where=str(folder),
            next_step="Remove it, or set LIENTHONG_HOME to a folder that the account `postgres` can enter.",
        )
    return folder


def _give(path: Path) -> None:
    account = server_account()
    if account is not None:
        os.chown(path, account.uid, account.gid)
