"""`make run`: start everything, run the pipeline once through Airflow's scheduler, show what is published.

Repeatable: what runs already is used, and the pipeline runs again. Interrupted: the next call goes on from there.
`make stop` ends what this leaves running.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from connectors.cli import describe_error, exit_code
from connectors.errors import LienThongError
from infra.airflow import airflow_place
from infra.airflow_api import AirflowApi
from infra.cluster import start_cluster
from infra.pipeline_run import run_pipeline
from infra.processes import only_one
from infra.run_summary import failure_text, summary_text
from infra.task_news import TaskFailure

SEED = 20251
EXIT_FAILED = 1
EXIT_INTERRUPTED = 130

_started = time.monotonic()


def main() -> int:
    """0 when everything ran and is published; else the reason stands last on stderr."""
    arguments = _arguments()
    try:
        with only_one("run"):
            failures = run(arguments.scale, arguments.seed)
    except LienThongError as error:
        print(describe_error(error), file=sys.stderr)
        return exit_code(error)
    except KeyboardInterrupt:
        tell("Interrupted. `make run` goes on from here; `make stop` ends what runs.")
        return EXIT_INTERRUPTED
    return EXIT_FAILED if failures else 0


def run(scale: float, seed: int) -> list[TaskFailure]:
    """Start, run, show; the tasks that failed."""
    from connectors.warehouse.releases import current_release
    from infra.databases import ensure_warehouse
    from infra.demo.setup import ensure_sources
    from infra.http_face.service import start_http_face

    with step("PostgreSQL"):
        cluster = start_cluster()
    with starting_airflow(), step("warehouse, demonstration sources and HTTP face"):
        ensure_warehouse(cluster)
        ensure_sources(scale, seed)
        start_http_face()
    before = current_release()
    with AirflowApi(airflow_place(cluster.home)) as api, step("pipeline"):
        failures = run_pipeline(api, tell)
    print("\n" + summary_text(api.place, before=before), flush=True)
    if failures:
        print("\n" + failure_text(failures), file=sys.stderr, flush=True)
    return failures


@contextmanager
def starting_airflow() -> Iterator[None]:
    """Airflow starts beside the work inside, in a process of its own, and is ready after it."""
    process = subprocess.Popen([sys.executable, "-m", "infra.airflow"], stdin=subprocess.DEVNULL)
    try:
        yield
        with step("Airflow"):
            code = process.wait()
    finally:
        process.terminate()
        process.wait()
    if code != 0:
        sys.exit(code)  # it has said why


@contextmanager
def step(name: str) -> Iterator[None]:
    """Say how long it took."""
    start = time.monotonic()
    yield
    tell(f"{name}: ready in {time.monotonic() - start:.1f} s")


def tell(text: str) -> None:
    """A line of progress, with the seconds since the start."""
    print(f"[{time.monotonic() - _started:6.1f} s] {text}", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make run", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="1 is 200,000 parcels")
    parser.add_argument("--seed", type=int, default=SEED, help="of the generated sources")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
