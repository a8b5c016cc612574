"""Daemons: started once, found again, stopped with all their children, never confused with a stranger."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from connectors.errors import RuntimeNotReady
from infra import process_table
from infra.processes import is_running, only_one, start_service, stop_all, stop_service

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]
# A service that ignores TERM and whose grandchild left its session: the worst that a server does.
STUBBORN = [
    sys.executable,
    "-c",
    (
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], start_new_session=True)\n"
        "open('child', 'w').write(str(child.pid))\n"
        "time.sleep(60)"
    ),
]


def record(home: Path, name: str) -> dict:
    return json.loads((home / "services" / f"{name}.json").read_text())


def test_service_is_started_once_and_stopped(lienthong_home: Path) -> None:
    start_service("sleeper", SLEEPER, env={}, ready=lambda: True)
    first = record(lienthong_home, "sleeper")["pid"]
    start_service("sleeper", SLEEPER, env={}, ready=lambda: True)
    assert record(lienthong_home, "sleeper")["pid"] == first
    stop_service("sleeper")
    assert not is_running("sleeper")
    assert process_table.started(first) is None


@pytest.mark.parametrize(("argv", "env"), [([*SLEEPER, "other"], {}), (SLEEPER, {"PORT": "2"})])
def test_service_is_restarted_when_what_it_gets_changes(lienthong_home: Path, argv: list[str], env: dict) -> None:
    start_service("sleeper", SLEEPER, env={}, ready=lambda: True)
    first = record(lienthong_home, "sleeper")["pid"]
    start_service("sleeper", argv, env=env, ready=lambda: True)
    assert record(lienthong_home, "sleeper")["pid"] != first
    assert process_table.started(first) is None


def test_stop_kills_a_stubborn_service_and_what_left_its_session(lienthong_home: Path) -> None:
    start_service("stubborn", STUBBORN, env={}, ready=(lienthong_home / "child").exists)
    time.sleep(0.2)
    child = int((lienthong_home / "child").read_text())
    assert process_table.started(child)
    stop_service("stubborn", grace=0.2)
    assert process_table.started(child) is None
    assert not is_running("stubborn")


def test_stop_all_finds_the_orphan_of_a_killed_service(lienthong_home: Path) -> None:
    start_service("stubborn", STUBBORN, env={}, ready=(lienthong_home / "child").exists)
    time.sleep(0.2)
    child = int((lienthong_home / "child").read_text())
    os.kill(record(lienthong_home, "stubborn")["pid"], signal.SIGKILL)
    assert stop_all() == ["stubborn"]
    assert process_table.started(child) is None


def test_stop_all_finds_what_hides_its_environment(lienthong_home: Path) -> None:
    # As setproctitle does: it writes over the memory in which the mark stands. The session is still known.
    script = (
        "import os, time\n"
        "if os.fork() == 0: os.execve('/bin/sleep', ['sleep', '60'], {})\n"
        "open('parent', 'w').write('')\n"
        "time.sleep(60)"
    )
    start_service("titled", [sys.executable, "-c", script], env={}, ready=(lienthong_home / "parent").exists)
    pid = record(lienthong_home, "titled")["pid"]
    family = process_table.family(pid)
    assert len(family) == 2
    os.kill(pid, signal.SIGKILL)
    stop_all()
    assert [other for other in family if process_table.started(other)] == []


def test_stop_spares_a_stranger_with_a_recycled_number_and_its_children(lienthong_home: Path) -> None:
    start_service("sleeper", SLEEPER, env={}, ready=lambda: True)
    stop_service("sleeper")
    with subprocess.Popen(SLEEPER, start_new_session=True) as stranger:
        path = lienthong_home / "services" / "sleeper.json"
        path.write_text(json.dumps({"pid": stranger.pid, "started": "another boot/1", "order": ""}))
        assert not is_running("sleeper")
        stop_service("sleeper")
        assert stranger.poll() is None
        stranger.kill()


def test_service_that_dies_shows_the_end_of_its_log(lienthong_home: Path) -> None:
    argv = [sys.executable, "-c", "raise SystemExit('the port is taken')"]
    with pytest.raises(RuntimeNotReady) as caught:
        start_service("broken", argv, env={}, ready=lambda: False)
    assert "the port is taken" in caught.value.found
    assert caught.value.where == str(lienthong_home / "logs" / "broken.log")


def test_service_that_is_never_ready_is_reported(lienthong_home: Path) -> None:
    with pytest.raises(RuntimeNotReady, match="ready within 0 s"):
        start_service("sleeper", SLEEPER, env={}, ready=lambda: False, timeout=0.3)


def test_only_one_at_a_time_and_the_second_says_that_it_waits(lienthong_home: Path) -> None:
    script = "from infra.processes import only_one\nwith only_one('run'): print('done')"
    with only_one("run"):
        other = subprocess.Popen([sys.executable, "-u", "-c", script], stdout=subprocess.PIPE, text=True)
        assert other.stdout
        assert str(os.getpid()) in other.stdout.readline()
        assert other.poll() is None
    assert other.communicate(timeout=10)[0] == "done\n"
    assert other.returncode == 0
