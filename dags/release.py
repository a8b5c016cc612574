"""Publishes one release of all shared datasets: either everything of it becomes visible at once, or nothing does.

Starts when any `raw/<system>` asset has news, and once a day. Runs one at a time; news that arrive meanwhile start one more run.

| task | reads | writes | what to do when it fails |
|---|---|---|---|
| `build` | `raw` | `staging`, `intermediate`, `warehouse`; opens release N | The log names the model and the row or contract at fault: run `dbt build` for it alone. Nothing was opened or published. |
| `check_rows` | `warehouse` | `quality.row_outcome` | A rule's predicate cannot be evaluated: its id is in the message. A row that *fails* a rule is held and fails no task. |
| `stage` | `warehouse`, `quality` | `release.*` as versions of N | `ReleaseConflict`: another worker took the lease; the newer run goes on. |
| `gate` | `preview.*` | `quality.verdict` | `GateClosed` names dataset and rule. Mend the source, or agree a waiver with the rule's agency; never edit `release`. |
| `publish` | | `release.pointer` + ledger, one transaction | Tried again when busy. A waiver that ended, or was withdrawn, since the rows were judged: run the DAG again. If it stays red, the staged versions are taken back when the next release opens. |
| `abandon` | | takes the versions of N back, if `gate` has not | Only runs when a task before it failed. `shared` was never touched. If this fails too, the next release does it. |
| `report` | `quality`, verdicts | `<home>/reports/<N>/` | The release stands as it is; clear this task to make the report again. |
| `released` | | | Nothing runs here: it is red whenever a task before it is, so that the run is. |

`build` waits while sources are being read, so that systems which are read together are released together. When nothing
changed since the last release, `build` (or `stage`, when only its sources changed and not its rows) confirms the
published release and everything after it is skipped.
A source that stopped stops nobody else: its last accepted data is used and its age is published.

By hand, without Airflow: `lienthong release`, `lienthong status`, `lienthong rollback --to N --reason TEXT`.
"""

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import (
    DAG,
    AssetAny,
    AssetOrTimeSchedule,
    CronTriggerTimetable,
    TriggerRule,
    chain,
    get_current_context,
    task,
)

from connectors.contracts import load_contracts
from dags.release_handle import Opened, build_and_open, run_step
from dags.retries import TASK_DEFAULTS
from dags.source_names import LOCAL_TIME, NEVER_AT_ONCE, raw_asset
from dags.waiting import wait_for_extracts

SYSTEMS = tuple(load_contracts())

with DAG(
    dag_id="release",
    description="Bản phát hành dữ liệu dùng chung",
    doc_md=__doc__,
    schedule=AssetOrTimeSchedule(
        assets=AssetAny(*map(raw_asset, SYSTEMS)),
        timetable=CronTriggerTimetable("0 3 * * *", timezone=LOCAL_TIME, run_immediately=NEVER_AT_ONCE),
    ),
    catchup=False,
    max_active_runs=1,
    default_args=TASK_DEFAULTS | {"owner": "Ban Dữ liệu dùng chung"},
    tags=["release"],
) as dag:

    @task.short_circuit
    def build() -> Opened | None:
        """Build the warehouse and open the next release; nothing after this when nothing changed."""
        wait_for_extracts(get_current_context()["ti"], SYSTEMS)
        return build_and_open()

    @task
    def check_rows(opened: Opened) -> None:
        """Write every key that fails a rule to `quality.row_outcome`."""
        run_step("check", opened)

    @task.short_circuit
    def stage(opened: Opened) -> bool:
        """Write what changed as versions of this release; nothing after this when readers would see no change."""
        return bool(run_step("stage", opened))

    @task
    def gate(opened: Opened) -> None:
        """Judge exactly what would be published; fails when a blocking rule does, or cannot be evaluated."""
        run_step("gate", opened)

    @task
    def publish(opened: Opened) -> None:
        """Move the pointer: land, mineral and environment data become visible together."""
        run_step("publish", opened)

    @task(trigger_rule=TriggerRule.ONE_FAILED)
    def abandon(opened: Opened | None) -> None:
        """Take the staged versions back; runs only when a task before it failed."""
        run_step("abandon", opened, reason=f"a task of the run {get_current_context()['run_id']} failed")

    @task(trigger_rule=TriggerRule.ALL_DONE)
    def report(opened: Opened | None) -> None:
        """Make the quality report, whatever the gate said."""
        run_step("report", opened)

    opened = build()
    steps = [check_rows(opened), stage(opened), gate(opened), publish(opened)]
    chain(opened, *steps)
    abandoned, reported = abandon(opened), report(opened)
    steps[:3] >> abandoned
    [steps[-1], abandoned] >> reported
    [steps[-1], reported] >> EmptyOperator(task_id="released")
