"""One line per step of long work, with its seconds, to the log `lienthong`; and its OpenLineage events."""

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

from connectors.lineage_events import lineage_run
from expectations.lineage.flows import flow_of

log = logging.getLogger("lienthong")
Note = Callable[[str], None]


@contextmanager
def step(name: str) -> Iterator[Note]:
    """Times a step; what is noted inside is written beside the seconds. A step that raises says so."""
    start = time.perf_counter()
    job = flow_of(name)
    with lineage_run(*job) if job else nullcontext() as run:
        notes: list[str] = run.notes if run else []
        try:
            yield notes.append
        except BaseException as error:
            log.info("%-32s %6.1f s  %s", name, time.perf_counter() - start, type(error).__name__)
            raise
        log.info("%-32s %6.1f s  %s", name, time.perf_counter() - start, ", ".join(notes))
        if run and any("CLOSED" in note for note in notes):
            run.failure = "GateClosed"


def show_progress() -> None:
    """From now on the steps are printed to the standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    log.handlers = [handler]
    log.setLevel(logging.INFO)
    log.propagate = False
