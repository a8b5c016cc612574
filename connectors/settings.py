"""Where things are: folders, connection strings, secrets. Read from the environment, else from `<home>/env`.

`<home>/env` (KEY=VALUE lines, mode 0600) is written by the local runtime; a deployment sets the same names in the
environment. Nothing here connects to anything.
"""

import os
from pathlib import Path

from connectors.errors import SettingMissing


def project_root() -> Path:
    """The folder that holds contracts, models and rules: LIENTHONG_PROJECT, else this checkout."""
    return Path(os.environ.get("LIENTHONG_PROJECT") or Path(__file__).resolve().parent.parent)


def home() -> Path:
    """The folder of everything that running produces: LIENTHONG_HOME, else `.run` in the project."""
    return Path(os.environ.get("LIENTHONG_HOME") or project_root() / ".run").resolve()


def raw_dir() -> Path:
    """The folder of the immutable raw files; they hold personal data, so only the loader may read it."""
    return home() / "raw"


def setting(name: str) -> str:
    """The value of a setting; raises `SettingMissing` rather than returning an empty one."""
    value = os.environ.get(name) or _file_settings().get(name)
    if not value:
        raise SettingMissing(
            expected=f"the setting {name}",
            found="nothing in the environment",
            where=str(home() / "env"),
            next_step=f"Start the local runtime with `make run`, or set {name} in the environment.",
        )
    return value


def warehouse_dsn(role: str) -> str:
    """The connection URL of the warehouse for a role, for example `lt_loader` or `owner`."""
    return setting(f"LIENTHONG_DSN_{role.upper()}")


def connection(name: str) -> str:
    """The URL of a source system, by the connection name of its contract."""
    return setting(f"LIENTHONG_CONN_{name.upper()}")


def _file_settings() -> dict[str, str]:
    try:
        text = (home() / "env").read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))
    return {key.strip(): value.strip() for key, value in pairs}
