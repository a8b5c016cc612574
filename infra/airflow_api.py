"""Airflow's public REST interface, as far as the local runtime needs it."""

import time
from typing import Any, Self

import httpx

from connectors.errors import RuntimeNotReady
from infra.airflow_config import USER, AirflowPlace

PAGE = 100


class AirflowApi:
    """A logged-in client; logs in at the first call and again when the token ran out."""

    def __init__(self, place: AirflowPlace) -> None:
        self.place = place
        # Without the environment: a proxy set there has no way to our loopback.
        self._http = httpx.Client(base_url=place.url, timeout=30, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def is_up(self) -> bool:
        """Whether the API server answers."""
        return bool(self._health())

    def is_healthy(self, component: str) -> bool:
        """Whether a component (`scheduler`, `dag_processor`) gave a sign of life lately."""
        return self._health().get(component, {}).get("status") == "healthy"

    def keep_pool(self, name: str, *, slots: int, description: str) -> None:
        """Make the pool exist with this many slots."""
        pool = {"slots": slots, "description": description, "include_deferred": False}
        if self._send("POST", "/pools", json={"name": name, **pool}, allow=(409,)).status_code == 409:
            self._send("PATCH", f"/pools/{name}", json={"pool": name, **pool})

    def pools(self) -> dict[str, int]:
        """The slots of each pool."""
        return {pool["name"]: pool["slots"] for pool in self._get("/pools", limit=PAGE)["pools"]}

    def dags(self) -> dict[str, dict[str, Any]]:
        """What Airflow knows of each DAG that it read without error."""
        return {dag["dag_id"]: dag for dag in self._get("/dags", limit=PAGE)["dags"] if not dag["is_stale"]}

    def import_errors(self) -> dict[str, str]:
        """The error of each DAG file that cannot be read."""
        return {e["filename"]: e["stack_trace"] for e in self._get("/importErrors", limit=PAGE)["import_errors"]}

    def pause(self, dag_id: str, *, is_paused: bool = True) -> None:
        """Keep the DAG from being scheduled, or let it be again."""
        self._send("PATCH", f"/dags/{dag_id}", json={"is_paused": is_paused}, params={"update_mask": "is_paused"})

    def trigger(self, dag_id: str, *, note: str) -> str:
        """Start a run of the DAG; its run id."""
        body = {"logical_date": None, "note": note}
        return str(self._send("POST", f"/dags/{dag_id}/dagRuns", json=body).json()["dag_run_id"])

    def runs(self, dag_ids: list[str], *, since: str) -> list[dict[str, Any]]:
        """The runs of these DAGs that may start since then (an ISO time)."""
        body = {"dag_ids": dag_ids, "run_after_gte": since, "page_limit": PAGE}
        return list(self._send("POST", "/dags/~/dagRuns/list", json=body).json()["dag_runs"])

    def tasks(self, dag_ids: list[str], *, since: str) -> list[dict[str, Any]]:
        """The task instances of those runs."""
        body = {"dag_ids": dag_ids, "run_after_gte": since, "page_limit": PAGE}
        return list(self._send("POST", "/dags/~/dagRuns/~/taskInstances/list", json=body).json()["task_instances"])

    def has_queued_news(self, dag_id: str) -> bool:
        """Whether an asset has news that no run of this DAG has taken up yet."""
        answer = self._send("GET", f"/dags/{dag_id}/assets/queuedEvents", allow=(404,))
        return answer.status_code != 404 and answer.json()["total_entries"] > 0

    def log_lines(self, task: dict[str, Any]) -> list[dict[str, Any]]:
        """The log of the latest try of a task instance, one dict a line."""
        path = f"/dags/{task['dag_id']}/dagRuns/{task['dag_run_id']}/taskInstances/{task['task_id']}"
        answer = self._get(f"{path}/logs/{max(task['try_number'], 1)}", map_index=task["map_index"])
        return [line for line in answer["content"] if isinstance(line, dict)]

    def _health(self) -> dict[str, Any]:
        try:
            answer = self._http.get("/api/v2/monitor/health", timeout=5)
        except httpx.TransportError:
            return {}
        return dict(answer.json()) if answer.is_success else {}

    def _get(self, path: str, **params: Any) -> dict[str, Any]:
        return dict(self._send("GET", path, params=params).json())

    def _send(self, method: str, path: str, *, allow: tuple[int, ...] = (), **content: Any) -> httpx.Response:
        answer = self._request(method, path, **content)
        if answer.status_code == 401:
            self._log_in()
            answer = self._request(method, path, **content)
        if not (answer.is_success or answer.status_code in allow):
            raise _refused(f"{method} {answer.request.url}", f"{answer.status_code} {answer.text[:500]}")
        return answer

    def _request(self, method: str, path: str, *, patience: float = 30, **content: Any) -> httpx.Response:
        # A busy machine: the server is there but slow to take the connection.
        deadline = time.monotonic() + patience
        while True:
            try:
                return self._http.request(method, f"/api/v2{path}", **content)
            except httpx.TransportError as error:
                if time.monotonic() > deadline:
                    raise _refused(f"{method} {self.place.url}/api/v2{path}", repr(error)) from error
                time.sleep(1)

    def _log_in(self) -> None:
        login = {"username": USER, "password": self.place.password}
        answer = self._http.post("/auth/token", json=login)
        if not answer.is_success:
            raise _refused(f"{self.place.url}/auth/token", f"{answer.status_code} {answer.text[:500]}")
        self._http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"


def _refused(where: str, found: str) -> RuntimeNotReady:
    return RuntimeNotReady(
        expected="an answer of the local Airflow",
        found=found,
        where=where,
        next_step="Read <home>/logs/airflow-api-server.log; `make stop` and `make run` start it anew.",
    )
