"""An open release as it travels between tasks: number and token, nothing else, so that no data passes through Airflow."""

from dataclasses import asdict
from typing import Any

from airflow.sdk.exceptions import AirflowSkipException

Opened = dict[str, Any]


def build_and_open() -> Opened | None:
    """What the next tasks know the opened release by; None when nothing changed."""
    from connectors.lineage_events import flush
    from expectations import release_steps

    try:
        release = release_steps.build()
    finally:
        flush()  # the process of a task ends at once when the task does
    return asdict(release) if release else None


def run_step(name: str, opened: Opened | None, **facts: str) -> Any:
    """Run one step of `expectations.release_steps` on the open release; skip it when `build` opened none.

    Imported late: Airflow reads the DAG file again in every task, and the steps bring dbt and Great Expectations.
    """
    if opened is None:
        raise AirflowSkipException("no release was opened")
    from connectors.lineage_events import flush
    from connectors.warehouse.releases import Release
    from expectations import release_steps

    try:
        return getattr(release_steps, name)(Release(**opened), **facts)
    finally:
        flush()
