"""Settings, secrets and ports of a home: kept, private, and whole whoever writes at the same time."""

import socket
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from connectors import settings
from connectors.errors import SettingMissing
from infra.ports import choose_port, is_port_free, remembered_port
from infra.settings_file import keep_secret, read_settings, write_settings


def test_settings_are_merged_and_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIENTHONG_HOME", str(tmp_path))
    write_settings({"LIENTHONG_DSN_OWNER": "postgresql://a:b=c@127.0.0.1:1/d", "LIENTHONG_CONN_X": "1"})
    write_settings({"LIENTHONG_CONN_X": "2"})
    assert settings.warehouse_dsn("owner") == "postgresql://a:b=c@127.0.0.1:1/d"
    assert settings.connection("x") == "2"
    assert stat.S_IMODE((tmp_path / "env").stat().st_mode) == 0o600


def test_environment_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIENTHONG_HOME", str(tmp_path))
    write_settings({"LIENTHONG_CONN_X": "file"})
    monkeypatch.setenv("LIENTHONG_CONN_X", "environment")
    assert settings.connection("x") == "environment"


def test_missing_setting_names_the_next_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIENTHONG_HOME", str(tmp_path))
    with pytest.raises(SettingMissing, match="make run"):
        settings.warehouse_dsn("owner")


def test_writers_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    names = [f"LIENTHONG_N{number}" for number in range(24)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: write_settings({name: name}, tmp_path), names))
    assert read_settings(tmp_path) == {name: name for name in names}


def test_secret_is_generated_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        secrets = set(pool.map(lambda _: keep_secret("LIENTHONG_HMAC_KEY", tmp_path), range(8)))
    assert len(secrets) == 1
    assert len(secrets.pop()) >= 32


def test_port_is_remembered_until_somebody_else_takes_it(tmp_path: Path) -> None:
    first = choose_port("tipg", tmp_path)
    assert choose_port("tipg", tmp_path) == first
    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind(("127.0.0.1", first))
        squatter.listen()
        assert not is_port_free(first)
        second = choose_port("tipg", tmp_path)
    assert second != first
    assert remembered_port("tipg", tmp_path) == second


def test_ports_of_a_home_differ(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        ports = list(pool.map(lambda number: choose_port(f"service{number}", tmp_path), range(20)))
    assert len(set(ports)) == 20
