"""OpenLineage events: what ran, when, from which tables to which, and how it ended.

They go to `<home>/lineage/<day>.jsonl`, or, where OPENLINEAGE_URL (or LIENTHONG_OPENLINEAGE_URL) is set, to that
address (Marquez or another receiver), and to the file only if it does not take them. A thread of its own sends them:
an event that cannot be delivered is logged and never fails or delays a run. What a run is: `lineage_flow.py`.
"""

import atexit
import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from connectors.errors import LienThongError, SettingMissing
from connectors.lineage_flow import Flow, LineageRun
from connectors.settings import home, setting

if TYPE_CHECKING:
    from openlineage.client.event_v2 import RunEvent
    from openlineage.client.transport import Transport

log = logging.getLogger("lienthong.lineage")
_TIMEOUT_S = 2.0
_FLUSH_S = 5.0
_PAUSE_S = 60.0


@contextmanager
def lineage_run(job: str, flow: Callable[[], Flow]) -> Iterator[LineageRun]:
    """Announces a job when it starts and when it ends; with an error it ends as FAIL, named but not quoted."""
    run = LineageRun(job, flow)
    _send(run, "START")
    try:
        yield run
    except BaseException as error:
        run.failure = type(error).__name__
        raise
    finally:
        _send(run, "FAIL" if run.failure else "COMPLETE")


def flush(seconds: float = _FLUSH_S) -> None:
    """Waits until what was announced is sent, at most so long; a process that ends without atexit must call it."""
    if _sender is not None:
        done = threading.Event()
        _waiting.put(done)
        done.wait(seconds)


_waiting: "queue.SimpleQueue[tuple[LineageRun, str, datetime] | threading.Event]" = queue.SimpleQueue()
_sender: threading.Thread | None = None
_lock = threading.Lock()
_left_alone: dict[str, float] = {}


def _send(run: LineageRun, state: str) -> None:
    global _sender  # noqa: PLW0603 (one thread per process, made when it is first needed)
    with _lock:
        if _sender is None or not _sender.is_alive():  # a forked process has no threads of its parent
            if _sender is None:
                atexit.register(flush)
            _sender = threading.Thread(target=_work, name="lineage events", daemon=True)
            _sender.start()
    _waiting.put((run, state, datetime.now(UTC)))


def _work() -> None:
    while True:
        item = _waiting.get()
        if isinstance(item, threading.Event):
            item.set()
            continue
        try:
            _deliver(*item)
        except Exception as error:  # noqa: BLE001 (events are for others: nothing of a run may depend on them)
            log.warning("an OpenLineage event of %s was not delivered: %s", item[0].job, type(error).__name__)


def _deliver(run: LineageRun, state: str, at: datetime) -> None:
    from connectors.lineage_wire import run_events

    try:
        flow = run.flow()
    except LienThongError as error:
        log.warning("which tables %s reads and writes is not known: %s", run.job, error)
        flow = Flow()
    events = run_events(run, flow, state, at)
    url = _address()
    if url is None or not _is_taken(events, url):
        _emit(events, _file(at))


def _is_taken(events: "Sequence[RunEvent]", url: str) -> bool:
    """Whether the receiver took them; one that did not is left alone for a minute, so that nobody waits for it."""
    if time.monotonic() < _left_alone.get(url, 0):
        return False
    try:
        _emit(events, _http(url))
    except Exception as error:  # noqa: BLE001 (whatever the receiver does, the event is kept)
        _left_alone[url] = time.monotonic() + _PAUSE_S
        log.warning("%s does not take OpenLineage events (%s): kept in the file", _shown(url), type(error).__name__)
        return False
    return True


def _emit(events: "Sequence[RunEvent]", transport: "Transport") -> None:
    from openlineage.client import OpenLineageClient

    client = OpenLineageClient(transport=transport)
    for event in events:
        client.emit(event)
    transport.close(_TIMEOUT_S)


def _address() -> str | None:
    with suppress(SettingMissing):
        return setting("LIENTHONG_OPENLINEAGE_URL")
    return os.environ.get("OPENLINEAGE_URL") or None


def _http(url: str) -> "Transport":
    from openlineage.client.transport.http import HttpConfig, HttpTransport

    return HttpTransport(HttpConfig(url=url, timeout=_TIMEOUT_S, retry={"total": 0}))


def _file(at: datetime) -> "Transport":
    from openlineage.client.transport.file import FileConfig, FileTransport

    folder = home() / "lineage"
    folder.mkdir(parents=True, exist_ok=True)
    return FileTransport(FileConfig(log_file_path=str(folder / f"{at:%Y-%m-%d}.jsonl"), append=True))


def _shown(url: str) -> Any:
    return urlsplit(url)._replace(netloc=urlsplit(url).hostname or "").geturl()
