"""Loading: what arrived becomes the state of a raw table, all or nothing.

One batch is one transaction: the changed rows, the batch row, the mark, the rejected rows and the ledger entry commit
together. How rows arrive is in `intake.py`, the difference in `row_diff.py`, its limits in `landing_checks.py`.
"""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql

from connectors.contracts import SourceContract, TableContract
from connectors.warehouse.approvals import Decide, MassDelete, refuse
from connectors.warehouse.connect import translated
from connectors.warehouse.intake import Intake
from connectors.warehouse.landing_checks import check_counts, check_key, check_place, check_total
from connectors.warehouse.load_records import Batch, record_batch, with_change_number
from connectors.warehouse.row_diff import DiffCounts, RowDiff


@dataclass(frozen=True)
class Arrival:
    """What an intake holds. `total` is what the source has in all; None where it only ever adds.

    `deletes_from` names the intake table with every key of the source, if it was read: what is not in it is gone.
    `may_be_empty` is true of a partition that was loaded before.
    """

    total: int | None
    deletes_from: sql.Identifier | None
    rejected: list[dict[str, Any]]
    replaces_rejected: bool
    files: list[tuple[str, int, datetime]]
    may_be_empty: bool = False


def load(
    conn: psycopg.Connection,
    contract: SourceContract,
    *,
    intake: Intake,
    batch: Batch,
    arrival: Arrival,
    decide: Decide = refuse,
) -> Batch:
    """Makes the raw table say what arrived, or raises and leaves everything as it was.

    `conn` must be in autocommit. Answers the batch with its counts. The same arrival loaded twice changes nothing.
    `decide` is asked about a delete above the ceilings of the contract.
    """
    table = contract.table(batch.table_name)
    with translated(intake.where), conn.transaction():
        conn.execute("set local work_mem = '128MB'")
        check_key(conn, table, intake)
        batch = with_change_number(conn, batch)
        diff = RowDiff(conn, contract, table, partition=batch.partition, intake=intake)
        refs = [row["row_ref"] for row in arrival.rejected]
        counts = diff.compute(deletes_from=arrival.deletes_from, rejected_refs=refs)
        live, where = batch.live_rows, intake.where
        is_approved = _is_mass_delete(table, counts, live) and decide(
            conn, _described(diff, counts, batch), batch.batch_id
        )
        check_counts(table, counts, live=live, where=where, deletes_approved=is_approved)
        if arrival.total is not None:
            check_total(
                table,
                total=arrival.total,
                live=live,
                where=where,
                shrink_approved=is_approved,
                may_be_empty=arrival.may_be_empty,
            )
        if counts.inserted + counts.updated:
            check_place(conn, contract, table, intake, total=max(arrival.total or batch.rows_read, 1))
        assert batch.change_no is not None
        diff.apply(counts, batch_id=batch.batch_id, change_no=batch.change_no)
        rejected = _replace_rejected(conn, batch, arrival)
        intake.drop()
        batch = replace(
            batch,
            inserted=counts.inserted,
            updated=counts.updated,
            deleted=counts.deleted,
            rejected=rejected,
            live_rows=batch.live_rows + counts.growth,
        )
        return record_batch(conn, batch if batch.changed else replace(batch, change_no=None), files=arrival.files)


def _is_mass_delete(table: TableContract, counts: DiffCounts, live: int) -> bool:
    return counts.deleted > live * min(table.volume.max_delete, table.volume.max_shrink)


def _described(diff: RowDiff, counts: DiffCounts, batch: Batch) -> MassDelete:
    return MassDelete(
        batch.system, batch.table_name, batch.partition, counts.deleted, batch.live_rows, diff.gone_sha256()
    )


def _replace_rejected(conn: psycopg.Connection, batch: Batch, arrival: Arrival) -> int:
    """The rejected rows that still stand. A row that is rejected again in the same words is not written again."""
    if not arrival.rejected and not batch.rejected:
        return 0
    place = [batch.system, batch.table_name, batch.partition]
    arrived = [
        (*place, row["row_ref"], row["reason"], json.dumps(row["payload"], ensure_ascii=False))
        for row in arrival.rejected
    ]
    conn.execute(
        """
        create temporary table _refused (
            system text, table_name text, partition text, row_ref text, reason text, payload jsonb
        ) on commit drop
        """
    )
    with conn.cursor() as cursor:
        cursor.executemany("insert into pg_temp._refused values (%s, %s, %s, %s, %s, %s)", arrived)
    if arrival.replaces_rejected:
        conn.execute(
            """
            delete from raw._rejected as r where (r.system, r.table_name, r.partition) = (%s, %s, %s)
            and (r.row_ref, r.reason, r.payload) not in (select row_ref, reason, payload from pg_temp._refused)
            """,
            place,
        )
    conn.execute(
        """
        insert into raw._rejected (batch_id, system, table_name, partition, row_ref, reason, payload)
        select %s, f.* from pg_temp._refused as f where not exists (
            select from raw._rejected as r
            where (r.system, r.table_name, r.partition, r.row_ref, r.reason, r.payload)
            = (f.system, f.table_name, f.partition, f.row_ref, f.reason, f.payload)
        )
        """,
        [batch.batch_id],
    )
    row = conn.execute(
        "select count(*) from raw._rejected where (system, table_name, partition) = (%s, %s, %s)", place
    ).fetchone()
    return int(row[0]) if row else 0
