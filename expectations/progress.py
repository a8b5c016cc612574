"""One line per step of long work, with its seconds, to the log `lienthong`."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

log = logging.getLogger("lienthong")
Note = Callable[[str], None]


@contextmanager
def step(name: str) -> Iterator[Note]:
    """Times a step; what is noted inside is written beside the seconds. A step that raises says so."""
    notes: list[str] = []
    start = time.perf_counter()
    try:
        yield notes.append
    except BaseException as error:
        log.info("%-32s %6.1f s  %s", name, time.perf_counter() - start, type(error).__name__)
        raise
    log.info("%-32s %6.1f s  %s", name, time.perf_counter() - start, ", ".join(notes))
