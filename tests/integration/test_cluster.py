"""The private cluster: started once, by anybody, however the last one ended; and never as root."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from infra import process_table
from infra.cluster import Cluster, remove_cluster, running_pid, start_cluster, stop_cluster
from infra.ports import remembered_port
from infra.settings_file import read_settings


@pytest.fixture
def home(lienthong_home: Path) -> Path:
    return lienthong_home


def answer(cluster: Cluster, query: str) -> object:
    with psycopg.connect(cluster.admin_dsn) as connection:
        return connection.execute(query).fetchone()[0]


def test_cluster_keeps_its_data_and_port_over_a_restart(home: Path) -> None:
    first = start_cluster(home, throw_away=True)
    with psycopg.connect(first.admin_dsn) as connection:
        connection.execute("create table kept as select 7 as value")
    stop_cluster(home)
    assert running_pid(first.data) is None
    second = start_cluster(home, throw_away=True)
    assert second == first
    assert answer(second, "select value from kept") == 7


def test_cluster_listens_on_loopback_only_and_asks_for_a_password(home: Path) -> None:
    cluster = start_cluster(home, throw_away=True)
    assert answer(cluster, "show listen_addresses") == "127.0.0.1"
    assert answer(cluster, "show password_encryption") == "scram-sha-256"
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(cluster.dsn("postgres", "wrong", "postgres"))


def test_server_does_not_run_as_root(home: Path) -> None:
    cluster = start_cluster(home, throw_away=True)
    pid = running_pid(cluster.data)
    assert Path(f"/proc/{pid}").stat().st_uid != 0


def test_cluster_starts_again_after_kill(home: Path) -> None:
    cluster = start_cluster(home, throw_away=True)
    os.kill(running_pid(cluster.data), signal.SIGKILL)
    while running_pid(cluster.data):
        time.sleep(0.05)
    again = start_cluster(home, throw_away=True)
    assert answer(again, "select 1") == 1


def test_lock_file_that_names_a_stranger_does_not_prevent_the_start(home: Path) -> None:
    cluster = start_cluster(home, throw_away=True)
    stop_cluster(home)
    stale = cluster.data / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{cluster.data}\n1\n{cluster.port}\n\n127.0.0.1\n         0         0\n")
    assert running_pid(cluster.data) is None
    assert answer(start_cluster(home, throw_away=True), "select 1") == 1


def test_port_taken_by_another_is_chosen_anew_and_settings_follow(home: Path) -> None:
    import socket

    first = start_cluster(home, throw_away=True)
    stop_cluster(home)
    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind(("127.0.0.1", first.port))
        squatter.listen()
        second = start_cluster(home, throw_away=True)
    assert second.port != first.port
    assert remembered_port("postgres", home) == second.port
    assert read_settings(home)["LIENTHONG_DSN_ADMIN"] == second.admin_dsn
    assert answer(second, "select 1") == 1


def test_two_processes_may_start_it_at_once(home: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        clusters = pool.map(_start, [home] * 3)
    assert len(set(clusters)) == 1
    assert answer(clusters[0], "select 1") == 1


def _start(home: Path) -> Cluster:
    return start_cluster(home, throw_away=True)


def test_interrupted_creation_is_begun_anew(home: Path) -> None:
    half = home / "pg.half"
    half.mkdir()
    (half / "PG_VERSION").write_text("15\n")
    assert answer(start_cluster(home, throw_away=True), "select 1") == 1
    assert not half.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root changes to another account")
def test_home_that_the_server_cannot_enter_gets_its_data_elsewhere(home: Path, capsys: pytest.CaptureFixture) -> None:
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    inner = closed / "home"
    cluster = start_cluster(inner, throw_away=True)
    try:
        assert not cluster.data.is_relative_to(home)
        assert f"its data goes to {cluster.data}" in capsys.readouterr().err
        assert answer(cluster, "select 1") == 1
        assert start_cluster(inner, throw_away=True) == cluster
    finally:
        remove_cluster(inner)
    assert not cluster.data.parent.exists()


def test_killed_tests_leave_no_cluster_behind() -> None:
    script = (
        "import os, signal, subprocess\n"
        "from infra.throw_away import throw_away_cluster\n"
        "with throw_away_cluster() as cluster:\n"
        "    subprocess.Popen(['sleep', '60'], env={'LIENTHONG_SERVICE': f'{cluster.home}:orphan'})\n"
        "    print(cluster.home.parent, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    folder = Path(killed.stdout.strip())
    assert killed.returncode == -signal.SIGKILL
    end = time.monotonic() + 30
    while folder.exists() and time.monotonic() < end:
        time.sleep(0.1)
    assert not folder.exists()
    assert process_table.marked(f"{folder}/cluster:") == {}
