"""Start and stop the four servers of the demonstration sources, and tell the connectors where they listen."""

import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncssh
import httpx

from connectors.settings import project_root
from infra.demo import places
from infra.demo.demo_databases import reader_dsn
from infra.ports import remembered_port
from infra.processes import free_port, is_running, start_service, stop_service
from infra.servers.monitoring_sftp import USER
from infra.settings_file import prepare_home, write_settings

SERVERS = ("demo_mineral_cadastre", "demo_environment_permits", "demo_monitoring_feed", "demo_air_observations")


def start_servers() -> None:
    """Start what does not run and write LIENTHONG_CONN_* of all sources."""
    ports = {name: _port(name) for name in SERVERS}
    mineral, permits, feed, air = (f"127.0.0.1:{ports[name]}" for name in SERVERS)
    keys = _keys(ports[SERVERS[2]])
    with ThreadPoolExecutor(len(SERVERS)) as beside:  # each waits for seconds until it answers
        starts = [
            beside.submit(_start_mineral, ports[SERVERS[0]]),
            beside.submit(_start_permits, ports[SERVERS[1]]),
            beside.submit(_start_feed, ports[SERVERS[2]], keys),
            beside.submit(_start_air, ports[SERVERS[3]]),
        ]
    for start in starts:
        start.result()
    login = f"key={keys / 'client_key'}&known_hosts={keys / 'known_hosts'}"
    units = project_root() / "infra" / "data" / "administrative_units"
    write_settings(
        {
            "LIENTHONG_CONN_LAND_REGISTRY": reader_dsn("LAND"),
            "LIENTHONG_CONN_MINERAL_CADASTRE": f"http://{mineral}",
            "LIENTHONG_CONN_ENVIRONMENT_PERMITS": f"http://{permits}",
            "LIENTHONG_CONN_MINERAL_WORKBOOKS": places.workbooks_folder().as_uri(),
            "LIENTHONG_CONN_MONITORING_FEED": f"sftp://{USER}@{feed}/?{login}",
            "LIENTHONG_CONN_AIR_OBSERVATIONS": f"http://{air}/sensorthings/v1.1",
            "LIENTHONG_CONN_ADMINISTRATIVE_UNITS": units.as_uri(),
            "LIENTHONG_CONN_LAND_EXPORTS": places.exports_folder().as_uri(),
            "LIENTHONG_CONN_PROTECTED_AREAS": places.protected_areas_folder().as_uri(),
        }
    )


def stop_servers() -> None:
    """Stop all four."""
    for name in SERVERS:
        stop_service(name)


def _start_mineral(port: int) -> None:
    argv = _argv("mineral_features", port, places.disturbance_path())
    environment = _environment() | {"DATABASE_URL": reader_dsn("MINERAL")}
    start_service(SERVERS[0], argv, env=environment, ready=lambda: _answers(port))


def _start_permits(port: int) -> None:
    argv = _argv("permit_service", port, places.register_path(), places.disturbance_path())
    start_service(SERVERS[1], argv, env=_environment(), ready=lambda: _answers(port))


def _start_feed(port: int, keys: Path) -> None:
    argv = _argv("monitoring_sftp", port, places.feed_folder(), keys)
    start_service(SERVERS[2], argv, env=_environment(), ready=lambda: _greets(port))


def _start_air(port: int) -> None:
    files = (places.air_database_path(), places.air_entities_path(), places.disturbance_path())
    start_service(
        SERVERS[3], _argv("sensorthings_service", port, *files), env=_environment(), ready=lambda: _answers(port)
    )


def _port(name: str) -> int:
    known = remembered_port(name)
    return known if known is not None and is_running(name) else free_port(name)


def _argv(module: str, *arguments: object) -> list[str]:
    return [sys.executable, "-m", f"infra.servers.{module}", *map(str, arguments)]


def _environment() -> dict[str, str]:
    return {"PYTHONPATH": str(project_root()), "PYTHONUNBUFFERED": "1"}


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=2, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def _greets(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


def _keys(port: int) -> Path:
    """The folder of keys, made once; `known_hosts` names the port of today."""
    folder = prepare_home(places.keys_folder())
    for name in ("host_key", "client_key"):
        path = folder / name
        if not path.exists():
            key = asyncssh.generate_private_key("ssh-ed25519")
            path.touch(mode=0o600)
            path.write_bytes(key.export_private_key())
    public = {
        name: asyncssh.read_private_key(folder / name).export_public_key().decode()
        for name in ("host_key", "client_key")
    }
    (folder / "authorized_keys").write_text(public["client_key"], encoding="utf-8")
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {public['host_key']}", encoding="utf-8")
    return folder
