"""Daemons of the local runtime: started detached with a log, found again, stopped with everything they started.

A service is known by process id *and* start time, kept in `<home>/services/<name>.json`: a recycled process id is never
killed. Which processes belong to a service is decided in `infra.process_table`.
"""

import hashlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from connectors.errors import RuntimeNotReady
from connectors.settings import home as default_home
from infra import process_table
from infra.locks import locked
from infra.ports import choose_port
from infra.settings_file import prepare_home, write_private

GRACE_SECONDS = 10.0
LOG_LINES_IN_ERROR = 15
# Held until the end of this process: an abandoned `Popen` complains that its child still runs, as a daemon should.
_children: list[subprocess.Popen[bytes]] = []


def free_port(name: str) -> int:
    """The port for a service that does not run yet: the remembered one if nobody else listens on it."""
    return choose_port(name)


def start_service(
    name: str,
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    ready: Callable[[], bool],
    timeout: float = 60,
    user: str | None = None,
) -> None:
    """Start a daemon unless it runs already; returns when it is ready.

    `env` is added to the environment of this process. With other `argv` or `env` than before it is restarted. Raises
    `RuntimeNotReady` with the end of its log when it dies or is not ready in time.
    """
    home = prepare_home(default_home())
    with locked(home / "services" / f"{name}.lock"):
        order = _order(argv, env)
        if is_running(name) and _record(name).get("order") != order:
            stop_service(name)
        if not is_running(name):
            _kill(process_table.marked(_mark(home, name)))  # left by a start that was itself killed
            pid = _start(home, name, argv, env=env, user=user)
            _write_record(home, name, pid, order)
        _await_ready(name, ready, timeout)


def is_running(name: str, home: Path | None = None) -> bool:
    """Whether the very process that was started under this name still lives."""
    record = _record(name, home)
    return bool(record) and process_table.started(int(str(record["pid"]))) == record["started"]


def stop_service(name: str, home: Path | None = None, *, grace: float = GRACE_SECONDS) -> None:
    """Ask the service to end, then kill what is left of it and its children; nothing happens if it does not run."""
    _stop([name], home or default_home(), grace)


def stop_all(home: Path | None = None, *, grace: float = GRACE_SECONDS) -> list[str]:
    """Stop every service of the home (but not the caller); returns their names."""
    home = home or default_home()
    names = sorted(path.stem for path in (home / "services").glob("*.json"))
    _stop(names, home, grace)
    _kill(process_table.marked(_mark(home, "")))
    reap_children()
    return names


def reap_children() -> None:
    """Let go of the services of this process that have ended, whoever stopped them."""
    _children[:] = [child for child in _children if child.poll() is None]


@contextmanager
def only_one(name: str) -> Iterator[None]:
    """Let one process at a time do this; another one waits for it and says so. `stop_all` ends it like a service."""
    home = prepare_home(default_home())

    def tell() -> None:
        holder = _record(name).get("pid", "?")
        print(f"Another `{name}` is at work (process {holder}); waiting until it has finished.", flush=True)

    with locked(home / "services" / f"{name}.lock", on_wait=tell):
        _write_record(home, name, os.getpid(), "")
        try:
            yield
        finally:
            _record_path(name, home).unlink(missing_ok=True)


def _stop(names: Sequence[str], home: Path, grace: float) -> None:
    records = {name: record for name in names if (record := _record(name, home)) and record["pid"] != os.getpid()}
    asked = {
        int(str(record["pid"])): str(record["started"]) for name, record in records.items() if is_running(name, home)
    }
    families = _families(records)
    for pid in asked:
        _signal(pid, signal.SIGTERM)
    _wait_until_gone(asked, grace)
    families |= _families(records)  # once more: what was started in the meantime
    for name in records:
        families |= process_table.marked(_mark(home, name))
    _kill(families)
    reap_children()
    for name in records:
        _record_path(name, home).unlink(missing_ok=True)


def _families(records: Mapping[str, Mapping[str, object]]) -> dict[int, str]:
    families: dict[int, str] = {}
    for record in records.values():
        pid, start = int(str(record["pid"])), str(record["started"])
        # A number that belongs to a stranger now, or that comes from before a reboot, says nothing about a family.
        if process_table.started(pid) in (start, None) and process_table.is_this_boot(start):
            families |= process_table.family(pid)
    return families


def _start(home: Path, name: str, argv: Sequence[str], *, env: Mapping[str, str], user: str | None) -> int:
    log = home / "logs" / f"{name}.log"
    log.parent.mkdir(exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            list(argv),
            env={**os.environ, **env, process_table.MARK: _mark(home, name)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=home,
            start_new_session=True,
            user=user,
        )
    _children.append(process)
    return process.pid


def _await_ready(name: str, ready: Callable[[], bool], timeout: float) -> None:
    end = time.monotonic() + timeout
    while True:
        if not is_running(name):
            raise _not_ready(name, f"{name} to keep running", "it ended")
        if ready():
            return
        if time.monotonic() > end:
            raise _not_ready(name, f"{name} to be ready within {timeout:.0f} s", "it still is not")
        time.sleep(0.1)


def _not_ready(name: str, expected: str, found: str) -> RuntimeNotReady:
    log = default_home() / "logs" / f"{name}.log"
    last = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES_IN_ERROR:]
    return RuntimeNotReady(
        expected=expected,
        found="\n".join([f"{found}; the end of its log:", *last]),
        where=str(log),
        next_step="Read the log, mend the cause, and start again; what runs already is kept.",
    )


def _kill(family: Mapping[int, str]) -> None:
    for pid, start in family.items():
        if process_table.started(pid) == start:
            _signal(pid, signal.SIGKILL)
    _wait_until_gone(family, 10)


def _wait_until_gone(family: Mapping[int, str], seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and any(process_table.started(pid) == start for pid, start in family.items()):
        time.sleep(0.05)


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _mark(home: Path, name: str) -> str:
    return f"{home}:{name}"


def _record(name: str, home: Path | None = None) -> dict[str, object]:
    try:
        return dict(json.loads(_record_path(name, home).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}


def _order(argv: Sequence[str], env: Mapping[str, str]) -> str:
    # What was asked for, without showing it: an environment may hold passwords.
    return hashlib.sha256(json.dumps([list(argv), dict(sorted(env.items()))]).encode()).hexdigest()


def _write_record(home: Path, name: str, pid: int, order: str) -> None:
    record = {"pid": pid, "started": process_table.started(pid), "order": order}
    write_private(_record_path(name, home), json.dumps(record))


def _record_path(name: str, home: Path | None = None) -> Path:
    return (home or default_home()) / "services" / f"{name}.json"
