"""The PostgreSQL programs of this machine and the account that runs them.

Starting a cluster lives in `infra.cluster`.
"""

import os
import pwd
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from connectors.errors import RuntimeNotReady

MINIMUM_VERSION = 15
INSTALL_COMMAND = "infra/setup_postgres.sh"


@dataclass(frozen=True)
class Account:
    """An operating-system account that the server runs as, because PostgreSQL refuses to run as root."""

    name: str
    uid: int
    gid: int


@cache
def server_account() -> Account | None:
    """The account to change to when started as root; None when the present account will do."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise RuntimeNotReady(
        expected="an account that is not root, `postgres` or `nobody`, to run PostgreSQL",
        found="neither exists",
        where="/etc/passwd",
        next_step="Create one (`adduser --system postgres`), or start as an ordinary user.",
    )


@cache
def postgres_bin() -> Path:
    """The folder of the newest PostgreSQL with PostGIS, version 15 or later."""
    found = [folder for folder in _candidates() if _version(folder) >= MINIMUM_VERSION and _has_postgis(folder)]
    if found:
        return max(found, key=_version)
    raise RuntimeNotReady(
        expected=f"PostgreSQL {MINIMUM_VERSION} or later with PostGIS",
        found="none under /usr/lib/postgresql or on PATH",
        where="this machine",
        next_step=f"Run `sudo {INSTALL_COMMAND}`, or install the packages it names.",
    )


def run_program(name: str, arguments: Sequence[str], *, env: Mapping[str, str] | None = None) -> str:
    """Run a PostgreSQL program as the server's account; returns what it printed, raises when it fails."""
    account = server_account()
    done = subprocess.run(
        [str(postgres_bin() / name), *arguments],
        cwd="/",
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC", **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        **as_account(account),
    )
    if done.returncode == 0:
        return done.stdout
    raise RuntimeNotReady(
        expected=f"{name} to succeed",
        found=f"exit code {done.returncode}: {(done.stderr or done.stdout).strip()}",
        where=" ".join([name, *arguments]),
        next_step="Read the message above; the server's log is logs/postgres.log in the home of the runtime.",
    )


def as_account(account: Account | None) -> dict[str, Any]:
    """Arguments for `subprocess` that change to the account, or none."""
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def _candidates() -> list[Path]:
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    on_path = shutil.which("postgres")
    return folders + ([Path(on_path).resolve().parent] if on_path else [])


@cache
def _version(folder: Path) -> int:
    answer = subprocess.run([str(folder / "postgres"), "--version"], capture_output=True, text=True, check=False)
    digits = "".join(mark if mark.isdigit() else " " for mark in answer.stdout).split()
    return int(digits[0]) if digits else 0


def _has_postgis(folder: Path) -> bool:
    # Debian keeps extensions beside the version, other builds beside bin; pg_config is not always installed.
    places = (
        Path("/usr/share/postgresql") / folder.parent.name,
        folder.parent / "share",
        folder.parent / "share/postgresql",
    )
    return any((place / "extension/postgis.control").exists() for place in places)
