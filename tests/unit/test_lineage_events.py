"""OpenLineage events: to a file, or to a receiver; one that does not answer changes nothing but the log."""

import json
import logging
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from connectors import lineage_events
from connectors.commands_extract import extract
from connectors.errors import ContractInvalid
from connectors.lineage_events import flush
from expectations.lineage.flows import flow_of
from expectations.progress import step

DSN = "postgresql://lt_publisher:secret@127.0.0.1:5432/lienthong"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LIENTHONG_HOME", str(tmp_path))
    monkeypatch.setenv("LIENTHONG_DSN_LT_PUBLISHER", DSN)
    monkeypatch.delenv("OPENLINEAGE_URL", raising=False)
    monkeypatch.setattr(lineage_events, "_left_alone", {})


def events(home: Path) -> list[dict]:
    flush(60)  # the library of the standard takes its time to import where others use the machine
    return [json.loads(line) for file in (home / "lineage").glob("*.jsonl") for line in file.read_text().splitlines()]


def test_extract_build_and_gate_are_announced(tmp_path: Path) -> None:
    for name in ("extract land_registry 35", "build", "check_rows", "stage", "publish", "report"):
        with step(name):
            pass
    with step("gate") as note:
        note("216 expectations, CLOSED")
    with pytest.raises(ValueError, match="a value"), step("build"):
        raise ValueError("a value")
    told = events(tmp_path)
    whole = [(e["job"]["name"], e["eventType"]) for e in told if "parent" not in e["run"]["facets"]]
    assert whole == [
        (job, state)
        for job, end in (
            ("extract.land_registry.35", "COMPLETE"), ("build", "COMPLETE"), ("check_rows", "COMPLETE"),
            ("stage", "COMPLETE"), ("publish", "COMPLETE"), ("gate", "FAIL"), ("build", "FAIL"),
        )
        for state in ("START", end)
    ]  # fmt: skip
    assert told[-1]["run"]["facets"]["errorMessage"]["message"] == "ValueError", "the value itself is not told"
    part = next(e for e in told if e["job"]["name"] == "build.land_parcel")
    assert "lienthong.raw.land_registry__parcel" in {place["name"] for place in part["inputs"]}
    assert [(p["namespace"], p["name"]) for p in part["outputs"]] == [
        ("postgres://127.0.0.1:5432", "lienthong.warehouse.land_parcel")
    ]
    assert part["run"]["facets"]["parent"]["run"]["runId"] == next(
        e["run"]["runId"] for e in told if e["job"]["name"] == "build" and e["eventType"] == "COMPLETE"
    )
    assert "secret" not in json.dumps(told)
    assert flow_of("report") is None


def test_every_run_says_that_it_began_and_once_how_it_ended(tmp_path: Path) -> None:
    """Also the jobs within a job: a receiver never shows a run that ended without having begun."""
    for name in ("build", "stage", "publish"):
        with step(name):
            pass
    states, jobs = defaultdict(list), {}
    for event in events(tmp_path):
        states[event["run"]["runId"]].append((event["eventTime"], event["eventType"]))
        jobs[event["run"]["runId"]] = event["job"]["name"]
    assert len(states) > 60
    for run, told in states.items():
        assert [state for _, state in told] == ["START", "COMPLETE"], jobs[run]
        assert told == sorted(told), jobs[run]


def test_of_a_system_that_is_not_there_nothing_is_announced(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    done = CliRunner().invoke(extract, ["nosuch"])
    assert isinstance(done.exception, ContractInvalid)
    flush()
    assert not (tmp_path / "lineage").exists()
    assert caplog.text == ""


def test_a_receiver_gets_them_instead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[tuple[str, dict]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            taken.append((self.path, json.loads(body)))
            self.send_response(201)
            self.end_headers()

        def log_message(self, *arguments) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("OPENLINEAGE_URL", f"http://127.0.0.1:{server.server_port}")
        with step("check_rows"):
            pass
        flush()
        server.shutdown()
    assert [(path, event["eventType"]) for path, event in taken] == [
        ("/api/v1/lineage", "START"), ("/api/v1/lineage", "COMPLETE"),
    ]  # fmt: skip
    assert not (tmp_path / "lineage").exists()


def test_a_receiver_that_is_not_there_fails_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("LIENTHONG_OPENLINEAGE_URL", "http://user:secret@127.0.0.1:1")
    with caplog.at_level(logging.WARNING):
        with step("check_rows"):
            pass
        told = events(tmp_path)
    assert [event["eventType"] for event in told] == ["START", "COMPLETE"]
    assert caplog.text.count("does not take OpenLineage events") == 1
    assert "secret" not in caplog.text


def test_a_file_that_cannot_be_written_fails_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "lineage").write_text("in the way")
    with caplog.at_level(logging.WARNING):
        with step("check_rows"):
            pass
        flush()
    assert "was not delivered: FileExistsError" in caplog.text
