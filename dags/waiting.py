"""Waiting for sources that are being read, so that systems which are read together are released together."""

import logging
import time
from collections.abc import Iterable
from typing import Any

LONGEST_WAIT_S = 15 * 60
POLL_S = 1.0

log = logging.getLogger(__name__)


def wait_for_extracts(task_instance: Any, systems: Iterable[str]) -> list[str]:
    """Return when no source is being read; the systems still being read when the wait grew too long.

    A slow or hanging source only delays a release, it cannot stop one: its news start the next.
    """
    deadline = time.monotonic() + LONGEST_WAIT_S
    told: list[str] = []
    while (busy := [s for s in systems if _is_being_read(task_instance, s)]) and time.monotonic() < deadline:
        if busy != told:
            log.info("waiting for sources being read: %s", ", ".join(busy))
            told = busy
        time.sleep(POLL_S)
    return busy


def _is_being_read(task_instance: Any, system: str) -> bool:
    return task_instance.get_dr_count(dag_id=f"extract_{system}", states=["queued", "running"]) > 0
