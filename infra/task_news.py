"""What is told about tasks while they run: each that ends, the reason of each that fails, a sign of life between."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from infra.airflow_api import AirflowApi

Task = dict[str, Any]

SIGN_OF_LIFE_S = 15.0
WORTH_TELLING = {"success", "failed", "up_for_retry"}


@dataclass(frozen=True)
class TaskFailure:
    """A task that ended red, with what its log says."""

    name: str
    error: str
    log: Path


class TaskNews:
    """Tells what is new about tasks since it was last asked, and gathers those that failed."""

    def __init__(self, api: AirflowApi, tell: Callable[[str], None]) -> None:
        self._api, self._tell = api, tell
        self._known: dict[tuple[Any, ...], tuple[str, int]] = {}
        self._last_told = time.monotonic()
        self.failures: list[TaskFailure] = []

    def tell_of(self, tasks: list[Task]) -> None:
        """Tell what changed in these tasks; when nothing did for a while, which ones are at work."""
        for task in self._changed(tasks):
            self._say(self._sentence(task))
        if time.monotonic() - self._last_told > SIGN_OF_LIFE_S:
            running = [f"{task_name(t)} {_seconds(t):.0f} s" for t in tasks if t["state"] == "running"]
            self._say("at work: " + (", ".join(running) or "Airflow's scheduler"))

    def _changed(self, tasks: list[Task]) -> Iterator[Task]:
        for task in sorted(tasks, key=lambda t: t["end_date"] or ""):
            key = (task["dag_id"], task["dag_run_id"], task["task_id"], task["map_index"])
            state = (task["state"], task["try_number"])
            is_work = task["operator"] != "EmptyOperator"
            if is_work and task["state"] in WORTH_TELLING and self._known.get(key) != state:
                self._known[key] = state
                yield task

    def _sentence(self, task: Task) -> str:
        name = task_name(task)
        if task["state"] == "success":
            return f"{name} done in {_seconds(task):.1f} s"
        failure = TaskFailure(name, _error(self._api, task), _log_path(self._api.place.folder, task))
        if task["state"] == "up_for_retry":
            return f"{name} will be tried again: {failure.error}"
        self.failures.append(failure)
        return f"{name} FAILED"

    def _say(self, text: str) -> None:
        self._last_told = time.monotonic()
        self._tell(text)


def task_name(task: Task) -> str:
    """`extract_land_registry.extract [35 Hà Nam]`."""
    label = task["rendered_map_index"] if task["map_index"] >= 0 else None
    return f"{task['dag_id']}.{task['task_id']}" + (f" [{label}]" if label not in (None, "all") else "")


def _seconds(task: Task) -> float:
    if task["duration"] is not None:
        return float(task["duration"])
    return (datetime.now(UTC) - datetime.fromisoformat(task["start_date"])).total_seconds()


def _error(api: AirflowApi, task: Task) -> str:
    """The last error in the log of the task: its class and what it says."""
    for line in reversed(api.log_lines(task)):
        for detail in line.get("error_detail") or []:
            return f"{detail['exc_type']}: {detail['exc_value']}"
    return "its log names no error; it may have been killed"


def _log_path(folder: Path, task: Task) -> Path:
    parts = [f"dag_id={task['dag_id']}", f"run_id={task['dag_run_id']}", f"task_id={task['task_id']}"]
    parts += [f"map_index={task['map_index']}"] if task["map_index"] >= 0 else []
    return folder.joinpath("logs", *parts, f"attempt={max(task['try_number'], 1)}.log")
