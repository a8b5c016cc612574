"""Keeps the warehouse true and small: compares every key with the sources, drops old versions, proves the ledger.

Runs every night after the release. Its tasks wait for nobody and stop nobody: each is red or green for itself.

| task | reads | writes | what to do when it fails |
|---|---|---|---|
| `reconcile_<system>` | every key of the source | `raw.*`: what a mark cannot see (late commits, deletes); asset `raw/<system>` | as for `extract_<system>`: its runbook says what each error means |
| `collect_releases` | `release.*` | removes versions that only releases older than the newest 30 need | `WarehouseBusy`: a long reader is in the way, tomorrow does it again |
| `vacuum_analyze` | | statistics and free space of `raw`, `release`, `quality` | look for a session that stays open: `select * from pg_stat_activity` |
| `survey_gaps` | `warehouse.land_parcel` | gaps between parcels, which the next report shows | the error names what is missing; nothing else waits for it |
| `verify_ledger` | `audit.ledger`, the places of LIENTHONG_CHECKPOINTS | `<home>/ledger/<date>.jsonl`, checked as an auditor would; then keeps its head in those places, and lets LIENTHONG_TSA_URL stamp it | `LedgerBroken`: **stop and tell the auditor.** The message names the first bad entry. Do not repair anything. `CheckpointUnkept`: make the place writable, clear the task. |

Raw files are kept: they are the evidence of what a source said, and `raw._batch` points at them.
By hand: `lienthong extract SYSTEM --full`, `lienthong ledger export FILE`, `lienthong ledger verify FILE`.
"""

from collections import Counter
from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, CronTriggerTimetable, task

from connectors.contracts import load_contracts
from dags.retries import TASK_DEFAULTS
from dags.source_names import LOCAL_TIME, NEVER_AT_ONCE, raw_asset, source_pool, steward

KEPT_RELEASES = 30

with DAG(
    dag_id="maintain",
    description="Đối chiếu, dọn dẹp và kiểm chứng sổ cái hằng đêm",
    doc_md=__doc__,
    schedule=CronTriggerTimetable("0 4 * * *", timezone=LOCAL_TIME, run_immediately=NEVER_AT_ONCE),
    catchup=False,
    max_active_runs=1,
    # Night work on a machine that also answers queries: one thing at a time.
    max_active_tasks=1,
    dagrun_timeout=timedelta(hours=12),
    default_args=TASK_DEFAULTS | {"owner": "Ban Dữ liệu dùng chung"},
    tags=["maintain"],
):
    for contract in load_contracts().values():

        @task(
            task_id=f"reconcile_{contract.system}",
            owner=steward(contract),
            pool=source_pool(contract.system),
            outlets=[raw_asset(contract.system)],
        )
        def reconcile(system: str) -> dict[str, int]:
            """Compare every key of the system with the source; returns the rows changed per table."""
            from connectors import landing
            from connectors.extract_flow import extract_flow
            from connectors.lineage_events import flush, lineage_run

            changed: Counter[str] = Counter()
            try:
                with lineage_run(f"reconcile.{system}", lambda: extract_flow(system)):
                    for batch in landing.extract(system, full=True):
                        changed[batch.table_name] += batch.changed
            finally:
                flush()  # the process of a task ends at once when the task does
            return dict(changed)

        reconcile(contract.system)

    @task
    def collect_releases() -> int:
        """Remove the versions that no kept release needs; how many went."""
        from connectors.warehouse import releases

        return releases.collect(keep=KEPT_RELEASES)

    @task
    def vacuum_analyze() -> int:
        """Give freed space back to the tables and renew the planner's statistics; the number of tables."""
        from connectors.warehouse import upkeep

        return upkeep.vacuum_analyze()

    @task
    def survey_gaps() -> int:
        """Look for gaps between parcels; how many there are."""
        from expectations.parcel_gaps import survey_gaps

        return survey_gaps()

    @task
    def verify_ledger() -> int:
        """Export the ledger, verify the file against what was kept of it, keep its head; the number of entries."""
        from connectors.settings import home
        from connectors.warehouse.checkpoints import keep_checkpoint, places, read_checkpoints, verify_against
        from connectors.warehouse.ledger import export_ledger
        from connectors.warehouse.timestamps import has_authority, stamp

        path = home() / "ledger" / f"{datetime.now(UTC):%Y-%m-%d}.jsonl"
        path.parent.mkdir(exist_ok=True)
        # Read before the export: a release that is published meanwhile keeps one of an entry that the file has not.
        sealed = [kept for place in places() for kept in read_checkpoints(place)]
        export_ledger(path)
        count = verify_against(path, sealed)
        head = keep_checkpoint()
        if head is not None and has_authority():
            stamp(head)
        return count

    collect_releases() >> vacuum_analyze()
    survey_gaps()
    verify_ledger()
