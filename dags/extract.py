"""Reads this source into raw files and loads them into `raw.<system>__<table>`: one mapped task per partition.

| | |
|---|---|
| reads | the source system of the contract `connectors/sources/<system>.yml`, through the connection named there |
| writes | raw files with a manifest under `<home>/raw`; `raw.<system>__<table>`; batch, mark and ledger entry in one transaction per table and partition |
| says | asset `raw/<system>` on success, which starts the DAG `release` |
| by hand | the same work without Airflow: `lienthong extract SYSTEM [--partition P] [--full]`; trigger with `full` to compare every key |

Running it again is always safe: a batch is loaded whole or not at all, and rows that did not change are not written.

### When `extract` fails

* **Retryable** (`SourceUnavailable`, `WarehouseBusy`): tried again three times, later each time. Still failing: ask the
  steward (the DAG's owner) whether the system is down. Nothing is lost and nothing is deleted: the last accepted
  data stays served with its age.
* **ContractBroken**, **WrongSrid**, **KeyNotUnique**: the source changed its shape. Agree the change with the steward,
  edit the contract, then the staging model, then run again. Never edit the raw table.
* **ShrunkTooFar**: more rows are gone than the contract lets go. Only the steward can say whether that is true.
* **AnswerNotData**, **IncompleteBatch**: what came is not the data asked for. The raw file was kept; look at it.
* **MarkWentBack**: the source was restored from an older copy. Trigger with `full` once the steward confirms it.
* Anything else is a defect in our code: it fails at once; the log of the task has the traceback.

`loaded` runs nothing: it is green when every partition is loaded.

The other systems are not affected, and a release uses what was accepted last.
"""

from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, CronTriggerTimetable, Param, get_current_context, get_parsing_context, task

from connectors.contracts import SourceContract, load_contract, load_contracts
from dags.retries import TASK_DEFAULTS
from dags.runbook import extract_runbook
from dags.source_names import NEVER_AT_ONCE, partition_labels, raw_asset, source_pool, steward


def extract_dag(contract: SourceContract) -> DAG:
    """The DAG of one source system; its schedule, owner, pool and partitions are those of the contract."""
    system = contract.system
    asset = raw_asset(system)

    @task(
        task_id="extract", pool=source_pool(system), outlets=[asset], map_index_template="{{ task.op_kwargs['name'] }}"
    )
    def extract(partition: str, name: str) -> dict[str, int]:
        """Read and load every table of this partition; returns the rows changed per table."""
        from connectors import landing
        from connectors.extract_flow import extract_flow
        from connectors.lineage_events import flush, lineage_run

        context = get_current_context()
        try:
            with lineage_run(f"extract.{system}.{partition}", lambda: extract_flow(system)):
                batches = landing.extract(system, partition=partition, full=context["params"]["full"])
        finally:
            flush()  # the process of a task ends at once when the task does
        changed = {batch.table_name: batch.changed for batch in batches}
        context["outlet_events"][asset].extra = {"partition": name, "rows_changed": changed}
        return changed

    with DAG(
        dag_id=f"extract_{system}",
        description=contract.title["vi"],
        doc_md=extract_runbook(contract, __doc__ or ""),
        schedule=CronTriggerTimetable(contract.schedule, timezone=contract.timezone, run_immediately=NEVER_AT_ONCE),
        catchup=False,
        max_active_runs=1,
        default_args=TASK_DEFAULTS | {"owner": steward(contract)},
        params={"full": Param(False, type="boolean", description="compare every key, not only what changed")},
        tags=["extract", system, contract.access.kind],
    ) as dag:
        partitions = [{"partition": value, "name": name} for value, name in partition_labels(contract).items()]
        # Airflow shows the owner of a DAG from its unmapped tasks only.
        extract.expand_kwargs(partitions) >> EmptyOperator(task_id="loaded")
    return dag


def wanted_contracts() -> list[SourceContract]:
    """Every contract; inside a task only the one of its DAG, since Airflow reads this file again for each task."""
    dag_id = get_parsing_context().dag_id
    return list(load_contracts().values()) if dag_id is None else [load_contract(dag_id.removeprefix("extract_"))]


def add_to(module: dict[str, Any]) -> None:
    """Put the DAGs where Airflow looks for them: among the names of this module."""
    for contract in wanted_contracts():
        module[f"extract_{contract.system}"] = extract_dag(contract)


add_to(globals())
