"""What `/proc` tells about processes: which one a number names, and which ones belong together."""

import os
from pathlib import Path

MARK = "LIENTHONG_SERVICE"
_BOOT = Path("/proc/sys/kernel/random/boot_id")


def started(pid: int) -> str | None:
    """What tells this process from any other that ever had its number; None when it is dead (or a zombie)."""
    fields = _stat(pid)
    if not fields or fields[0] in "ZX":
        return None
    return f"{_boot()}/{fields[19]}"


def is_this_boot(start: object) -> bool:
    """Whether a start was noted since the machine was last booted."""
    return str(start).startswith(f"{_boot()}/")


def family(pid: int) -> dict[int, str]:
    """Process numbers and starts of the process, its session (which outlives it), and their descendants."""
    table = {other: _stat(other) for other in _pids()}
    wanted = {other for other, fields in table.items() if fields and pid in (other, int(fields[3]))}
    while True:
        children = {other for other, fields in table.items() if fields and int(fields[1]) in wanted}
        if children <= wanted:
            break
        wanted |= children
    wanted.discard(os.getpid())
    return {other: start for other in wanted if (start := started(other))}


def marked(mark: str) -> dict[int, str]:
    """Process numbers and starts of what was started with this mark (or one that it begins) in its environment."""
    wanted = os.fsencode(f"{MARK}={mark}")
    return {
        pid: start for pid in _pids() if pid != os.getpid() and _has_variable(pid, wanted) and (start := started(pid))
    }


def _has_variable(pid: int, wanted: bytes) -> bool:
    try:
        variables = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False
    if wanted.endswith(b":"):
        return any(variable.startswith(wanted) for variable in variables)
    return wanted in variables


def _boot() -> str:
    return _BOOT.read_text(encoding="ascii").strip()


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _stat(pid: int) -> list[str]:
    # state, parent, group, session, …; the name before them may hold anything, even brackets
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return []
