"""Ports on loopback: chosen once, remembered in `<home>/ports.json`, chosen anew when somebody else took one."""

import json
import random
import socket
from pathlib import Path

from connectors.errors import RuntimeNotReady
from connectors.settings import home as default_home
from infra.locks import locked
from infra.settings_file import prepare_home, write_private

# Below the range from which the kernel gives ports to outgoing connections.
FIRST, LAST = 20_000, 31_999


def remembered_port(name: str, home: Path | None = None) -> int | None:
    """The port last chosen for a service, or None."""
    return _read(_path(home)).get(name)


def choose_port(name: str, home: Path | None = None) -> int:
    """The remembered port of a service that is not running, or a new one if somebody else listens on it now."""
    path = _path(home)
    prepare_home(path.parent)
    with locked(path.with_name("ports.lock")):
        ports = _read(path)
        port = ports.get(name)
        if port is None or not is_port_free(port):
            port = _pick(set(ports.values()))
            write_private(path, json.dumps(ports | {name: port}, indent=2, sort_keys=True))
        return port


def is_port_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        # As servers do: a port whose last connections are only waiting to time out is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _pick(taken: set[int]) -> int:
    # Random, so that two runtimes that start at the same moment do not choose the same one.
    for _ in range(200):
        port = random.randint(FIRST, LAST)
        if port not in taken and is_port_free(port):
            return port
    raise RuntimeNotReady(
        expected=f"a free loopback port between {FIRST} and {LAST}",
        found="200 of them tried, none free",
        where="127.0.0.1",
        next_step="Stop what occupies them (`ss -ltn` lists listeners).",
    )


def _read(path: Path) -> dict[str, int]:
    try:
        return {str(name): int(port) for name, port in json.loads(path.read_text(encoding="utf-8")).items()}
    except FileNotFoundError:
        return {}


def _path(home: Path | None) -> Path:
    return (home or default_home()) / "ports.json"
