"""The file `<home>/env`, where the local runtime writes the settings that `connectors.settings` reads.

Reading single settings lives in `connectors.settings`.
"""

import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from connectors.settings import home as default_home
from infra.locks import locked


def prepare_home(home: Path) -> Path:
    """Create the folder; other accounts may pass through it (the database server has its own) but not list it."""
    if not home.is_dir():
        home.mkdir(parents=True, exist_ok=True)
        home.chmod(0o711)
    return home


def read_settings(home: Path | None = None) -> dict[str, str]:
    """All settings of the file, {} when there is none."""
    try:
        text = _path(home).read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))
    return {key.strip(): value.strip() for key, value in pairs}


def write_settings(values: Mapping[str, str], home: Path | None = None) -> None:
    """Merge settings into the file: readers see the old file or the new one, never a half."""
    change_settings(lambda settings: {**settings, **values}, home)


def keep_secret(name: str, home: Path | None = None) -> str:
    """The secret of that name, generated the first time it is asked for."""
    change_settings(lambda settings: {name: secrets.token_urlsafe(32)} | settings, home)
    return read_settings(home)[name]


def change_settings(change: Callable[[dict[str, str]], Mapping[str, str]], home: Path | None = None) -> None:
    """Replace the settings by what `change` makes of them, while no other process writes them."""
    path = _path(home)
    prepare_home(path.parent)
    with locked(path.with_name("env.lock")):
        before = read_settings(home)
        settings = change(dict(before))
        if settings == before:
            return
        lines = [f"{name}={value}\n" for name, value in sorted(settings.items())]
        write_private(path, "# Written by the local runtime; holds passwords.\n" + "".join(lines))


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step, readable by its owner only."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _path(home: Path | None) -> Path:
    return (home or default_home()) / "env"
