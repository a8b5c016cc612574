"""How tasks are run: retries by error class, pools, assets, partitions, what follows a failure."""

import inspect
from typing import Any

import pytest

from connectors import errors
from connectors.contracts import load_contracts

RETRYABLE = [errors.SourceUnavailable, errors.WarehouseBusy]
STOPS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.Stop)]


def _raised(kind: type[errors.LienThongError]) -> errors.LienThongError:
    return kind(expected="a", found="b", where="c", next_step="d")


def _decision(dags: dict[str, Any], error: BaseException) -> str:
    task = dags["extract_land_registry"].get_task("extract")
    return str(task.retry_policy.evaluate(error, 1, task.retries).action.value)


@pytest.mark.parametrize("kind", RETRYABLE)
def test_retryable_is_tried_again(dags: dict[str, Any], kind: type[errors.LienThongError]) -> None:
    assert _decision(dags, _raised(kind)) == "retry"


@pytest.mark.parametrize("kind", STOPS)
def test_stop_fails_at_once(dags: dict[str, Any], kind: type[errors.LienThongError]) -> None:
    assert _decision(dags, _raised(kind)) == "fail"


def test_an_error_that_nobody_classified_fails_at_once(dags: dict[str, Any]) -> None:
    assert _decision(dags, KeyError("a defect of ours")) == "fail"


def test_every_task_follows_the_error_class(dags: dict[str, Any]) -> None:
    for dag in dags.values():
        for task in dag.tasks:
            assert task.retries == 3, task
            assert task.retry_exponential_backoff > 1, task
            assert task.retry_policy is not None, task
            assert task.execution_timeout is not None, task


def test_a_source_is_read_through_its_own_pool(dags: dict[str, Any]) -> None:
    used = {(dag_id, task.task_id): task.pool for dag_id, dag in dags.items() for task in dag.tasks}
    for system in load_contracts():
        assert used.pop((f"extract_{system}", "extract")) == f"source_{system}"
        assert used.pop(("maintain", f"reconcile_{system}")) == f"source_{system}"
    assert set(used.values()) == {"default_pool"}


def test_release_starts_on_news_of_any_source(dags: dict[str, Any]) -> None:
    told = {asset.name for dag in dags.values() for task in dag.tasks for asset in task.outlets}
    condition = dags["release"].timetable.asset_condition
    heard = {asset.name for asset in condition.objects}
    assert told == heard == {f"raw/{system}" for system in load_contracts()}
    assert type(condition).__name__ == "AssetAny"


def test_a_new_installation_waits_for_the_next_time(dags: dict[str, Any]) -> None:
    for dag in dags.values():
        timetable = getattr(dag.timetable, "timetable", dag.timetable)
        assert timetable.run_immediately.total_seconds() == 0, dag.dag_id


def test_partitions_are_mapped_with_names_that_people_know(dags: dict[str, Any]) -> None:
    task = dags["extract_land_registry"].get_task("extract")
    assert [item["name"] for item in task.op_kwargs_expand_input.value] == ["35 Hà Nam", "36 Nam Định", "37 Ninh Bình"]
    assert [item["partition"] for item in task.op_kwargs_expand_input.value] == ["35", "36", "37"]
    assert "name" in task.partial_kwargs["map_index_template"]
    whole = dags["extract_monitoring_feed"].get_task("extract")
    assert [item["partition"] for item in whole.op_kwargs_expand_input.value] == ["all"]


def test_release_goes_step_by_step(dags: dict[str, Any]) -> None:
    dag = dags["release"]
    upstream = {task.task_id: sorted(task.upstream_task_ids) for task in dag.tasks}
    assert upstream == {
        "build": [],
        "check_rows": ["build"],
        "stage": ["build", "check_rows"],
        "gate": ["build", "stage"],
        "publish": ["build", "gate"],
        "abandon": ["build", "check_rows", "gate", "stage"],
        "report": ["abandon", "build", "publish"],
        "released": ["publish", "report"],
    }
    rules = {task.task_id: task.trigger_rule.value for task in dag.tasks}
    assert rules.pop("abandon") == "one_failed"
    assert rules.pop("report") == "all_done"
    assert set(rules.values()) == {"all_success"}, "a closed gate must stop publish, and turn the run red by `released`"
