"""One run of the whole pipeline by Airflow's own scheduler: every extract, then the release that their news start.

Only triggers and watches, over Airflow's REST interface; the work is in the DAGs. What is told about a task:
`infra.task_news`.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from connectors.contracts import load_contracts
from connectors.errors import RuntimeNotReady
from infra.airflow_api import AirflowApi
from infra.task_news import TaskFailure, TaskNews

POLL_S = 1.0
LONGEST_RUN_S = 3 * 3600
FINISHED = {"success", "failed"}


def run_pipeline(api: AirflowApi, tell: Callable[[str], None]) -> list[TaskFailure]:
    """Trigger every extract and wait for all of them and for the releases that follow; the tasks that failed."""
    extracts = [f"extract_{system}" for system in load_contracts()]
    since = datetime.now(UTC).isoformat()
    for dag_id in extracts:
        api.trigger(dag_id, note="make run")
    news = TaskNews(api, tell)
    deadline = time.monotonic() + LONGEST_RUN_S
    extracts_ended = False
    while True:
        # Asked in this order: an extract ends after its news are queued, and news leave the queue as a run.
        is_news_waiting = api.has_queued_news("release")
        runs = api.runs([*extracts, "release"], since=since)
        news.tell_of(api.tasks([*extracts, "release"], since=since))
        busy = [run for run in runs if run["state"] not in FINISHED]
        if extracts_ended and not is_news_waiting and not busy:
            return news.failures
        if time.monotonic() > deadline:
            raise _too_long(busy)
        extracts_ended = not any(run["dag_id"] in extracts for run in busy)
        time.sleep(POLL_S)


def _too_long(busy: list[dict[str, Any]]) -> RuntimeNotReady:
    return RuntimeNotReady(
        expected=f"the runs to end within {LONGEST_RUN_S / 3600:.0f} h",
        found=", ".join(f"{run['dag_id']} {run['dag_run_id']} is {run['state']}" for run in busy),
        where="Airflow",
        next_step="They go on in the background; look at their logs in Airflow.",
    )
