"""The local Airflow: metadata database, API server, scheduler and DAG processor as daemons on loopback.

Its configuration: `infra.airflow_config`. Talking to it: `infra.airflow_api`. No triggerer: nothing here is deferrable.
"""

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from connectors.cli import describe_error, exit_code
from connectors.contracts import load_contracts
from connectors.errors import LienThongError, RuntimeNotReady
from connectors.settings import project_root
from infra.airflow_api import AirflowApi
from infra.airflow_config import AirflowPlace, environment, forget_other_airflow, place_airflow, write_configuration
from infra.airflow_metadata import ensure_database, migrate
from infra.cluster import Cluster, start_cluster
from infra.pools import source_pools
from infra.ports import remembered_port
from infra.processes import is_running, start_service, stop_service

API_SERVER, SCHEDULER, DAG_PROCESSOR = "airflow-api-server", "airflow-scheduler", "airflow-dag-processor"
SERVICES = (API_SERVER, SCHEDULER, DAG_PROCESSOR)
LONGEST_START_S = 120


def start_airflow(cluster: Cluster) -> AirflowApi:
    """The running Airflow of the cluster's home, started as far as needed, its DAGs scheduled."""
    forget_other_airflow()
    place = airflow_place(cluster.home)
    if write_configuration(place, ensure_database(cluster)):
        for name in SERVICES:
            stop_service(name)  # it works by the old configuration: another port, another database
    if not all(map(is_running, SERVICES)):
        migrate(environment(place), place.folder / "migrate.log")
    api = AirflowApi(place)
    with ThreadPoolExecutor() as starting:
        for done in [starting.submit(_start, place, name, argv, ready) for name, argv, ready in _services(api)]:
            done.result()
    for name, pool in source_pools().items():
        api.keep_pool(name, slots=pool["slots"], description=pool["description"])
    _unpause(api, await_dags(api))
    return api


def airflow_place(home: Path) -> AirflowPlace:
    """Where Airflow is, or will be: a running one keeps its port."""
    return place_airflow(home, port=remembered_port("airflow", home) if is_running(API_SERVER) else None)


def expected_dags() -> set[str]:
    """The DAGs of this project: one per contract, the release, maintenance."""
    return {f"extract_{system}" for system in load_contracts()} | {"release", "maintain"}


def await_dags(api: AirflowApi, *, seconds: float = 180) -> dict[str, dict[str, Any]]:
    """Our DAGs once Airflow has read them all; `RuntimeNotReady` with the error of a file that it cannot read."""
    deadline = time.monotonic() + seconds
    while missing := expected_dags() - set(dags := api.dags()):
        errors = api.import_errors()
        if errors or time.monotonic() > deadline:
            raise RuntimeNotReady(
                expected=f"the DAGs {', '.join(sorted(missing))}",
                found="\n".join(f"{name}:\n{text}" for name, text in errors.items()) or "not there yet",
                where=str(project_root() / "dags"),
                next_step=f"Read {api.place.home / 'logs' / DAG_PROCESSOR}.log and mend the file.",
            )
        time.sleep(0.5)
    return {dag_id: dags[dag_id] for dag_id in expected_dags()}


def _unpause(api: AirflowApi, dags: dict[str, dict[str, Any]]) -> None:
    # The release first: Airflow forgets news that arrive for a paused DAG.
    for dag_id in sorted(dags, key=lambda name: name != "release"):
        if dags[dag_id]["is_paused"]:
            api.pause(dag_id, is_paused=False)


def _services(api: AirflowApi) -> list[tuple[str, list[str], Callable[[], bool]]]:
    return [
        (API_SERVER, ["api-server"], api.is_up),
        (SCHEDULER, ["scheduler", "--skip-serve-logs"], lambda: api.is_healthy("scheduler")),
        (DAG_PROCESSOR, ["dag-processor"], lambda: api.is_healthy("dag_processor")),
    ]


def _start(place: AirflowPlace, name: str, arguments: list[str], ready: Callable[[], bool]) -> None:
    argv = [sys.executable, "-m", "airflow", *arguments]
    start_service(name, argv, env=environment(place), ready=ready, timeout=LONGEST_START_S)


def main() -> int:
    """`python -m infra.airflow`: start the cluster and Airflow of the home, and say where it is."""
    try:
        with start_airflow(start_cluster()) as api:
            print(f"Airflow is at {api.place.url} with {len(expected_dags())} DAGs", flush=True)
    except LienThongError as error:
        print(describe_error(error), file=sys.stderr)
        return exit_code(error)
    return 0


if __name__ == "__main__":
    sys.exit(main())
