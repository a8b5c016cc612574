"""The DAG `release` run by Airflow itself, its steps replaced: what follows when one fails or finds nothing new.

The steps themselves are tested where they live; here is only the order of tasks and the colour of the run.
"""

import json
import os
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from connectors.settings import project_root
from infra.airflow_config import environment, place_airflow, write_configuration
from infra.airflow_metadata import ensure_database, migrate
from infra.cluster import Cluster

SCRIPT = """
import json, sys
from connectors.errors import GateClosed
from connectors.warehouse.releases import Release
from expectations import release_steps

case, called = {}, []

def step(name, answer):
    def run(*release, **facts):
        called.append(name)
        if name == case.get("fails"):
            raise GateClosed(expected="rules to hold", found="L03 on 12 rows", where="gate", next_step="Look.")
        return case.get(name, answer)
    return run

for name in ("check", "stage", "gate", "publish", "abandon", "report"):
    setattr(release_steps, name, step(name, True))
build = step("build", True)
release_steps.build = lambda: Release(7, "token") if build() else None

from airflow.dag_processing.dagbag import DagBag
dag = DagBag("dags/release.py", bundle_name="dags-folder").dags["release"]
for name, case in json.loads(sys.argv[1]).items():
    called.clear()
    run = dag.test()
    states = {ti.task_id: str(ti.state) for ti in run.get_task_instances()}
    print("RESULT " + json.dumps({"name": name, "run": str(run.state), "called": called, "states": states}))
"""
CASES = {
    "sound": {},
    "nothing changed": {"build": False},
    "no row changed": {"stage": False},
    "gate closed": {"fails": "gate"},
    "build failed": {"fails": "build"},
    "publish failed": {"fails": "publish"},
    "report failed": {"fails": "report"},
}
Answers = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def answers(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """One run of the DAG for each case, one after the other, in an Airflow of which nothing else runs."""
    home = tmp_path_factory.mktemp("home")
    place = place_airflow(home, port=9)
    write_configuration(place, ensure_database(replace(cluster, home=home)))
    variables = {**os.environ, **environment(place)}
    migrate(variables, place.folder / "migrate.log")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT, json.dumps(CASES)],
        env=variables,
        cwd=project_root(),
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    found = {answer["name"]: answer for answer in (json.loads(line.removeprefix("RESULT ")) for line in lines)}
    assert set(found) == set(CASES), done.stdout[-3000:] + done.stderr[-3000:]
    return found


def test_a_sound_release_goes_through(answers: Answers) -> None:
    sound = answers["sound"]
    assert sound["called"] == ["build", "check", "stage", "gate", "publish", "report"]
    assert sound["run"] == "success"
    assert sound["states"]["abandon"] == "skipped"
    assert sound["states"]["released"] == "success"


@pytest.mark.parametrize(
    ("case", "called"), [("nothing changed", ["build"]), ("no row changed", ["build", "check", "stage"])]
)
def test_nothing_new_skips_the_rest(answers: Answers, case: str, called: list[str]) -> None:
    assert answers[case]["called"] == called
    assert answers[case]["run"] == "success"
    assert answers[case]["states"]["report"] == "skipped"


def test_a_closed_gate_abandons_reports_and_turns_the_run_red(answers: Answers) -> None:
    closed = answers["gate closed"]
    assert closed["called"] == ["build", "check", "stage", "gate", "abandon", "report"]
    assert closed["run"] == "failed"
    assert closed["states"]["publish"] == "upstream_failed"


def test_a_failed_build_leaves_nothing_to_abandon_or_report(answers: Answers) -> None:
    failed = answers["build failed"]
    assert failed["called"] == ["build"]
    assert failed["run"] == "failed"
    assert failed["states"]["abandon"] == failed["states"]["report"] == "skipped"


@pytest.mark.parametrize("step", ["publish", "report"])
def test_no_failure_is_green(answers: Answers, step: str) -> None:
    assert answers[f"{step} failed"]["run"] == "failed"
    assert answers[f"{step} failed"]["states"]["released"] == "upstream_failed"
