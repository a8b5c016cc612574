"""The raw rows of a record, the batches and raw files they came in, and the source systems these were read from.

Shown of a raw row: its key (unless that is as good as a person's name), its hash and its numbers. Nothing else is read.
"""

from dataclasses import asdict
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from connectors.contracts import SourceContract, load_contract
from connectors.raw_evidence import find_row
from connectors.warehouse.raw_tables import raw_table_name
from expectations.rules import Rulebook

Json = dict[str, Any]
MOST_SHOWN = 20
_BATCH = """
select b.batch_id, b.partition, b.mode, b.started_at::text as started_at, b.rows_read, b.mark_from, b.mark_to,
    b.source_as_of::text as source_as_of, b.extractor_version, b.contract_sha256, b.manifest_path, b.manifest_sha256,
    (select l.seq from audit.ledger as l where l.kind = 'load' and (l.payload ->> 'batch_id')::bigint = b.batch_id
        order by l.seq desc limit 1) as ledger_entry
from raw._batch as b where {}
"""
_EARLIER = """(b.system, b.table_name, b.partition) = (%s, %s, %s) and b.change_no <= %s and b.manifest_path is not null
order by b.batch_id desc limit 50"""
# A row that does not fit its contract is known by its key alone; that is put where the condition looks for a row.
_REJECTED = """
with record as materialized (select * from jsonb_populate_record(null::{relation}, {known}))
select r.row_ref, r.batch_id from raw._rejected as r cross join record,
    jsonb_populate_record(null::raw.{table}, jsonb_object({names}::text[], string_to_array(r.row_ref, '|'))) as source
where r.system = {system} and r.table_name = {name}
    and cardinality(string_to_array(r.row_ref, '|')) = {width} and r.row_ref not like 'row without key%'
    and ({condition})
limit {most}
"""
_ROWS = """
with record as materialized (select * from jsonb_populate_record(null::{relation}, {known}))
select count(*) over () as n, jsonb_build_object({key}) as key, encode(source._row_hash, 'hex') as row_hash,
    source._batch_id as batch_id, source._change_no as change_no, source._loaded_at::text as loaded_at,
    source._deleted_at::text as deleted_at
from raw.{table} as source cross join record where {condition} order by {order} limit {most}
"""


def read_origins(conn: psycopg.Connection, book: Rulebook, release: Json, known: Json) -> list[Json]:
    """Per source table of the rulebook: system, number of raw rows, and the first of them with their batches."""
    return [_origin(conn, book, source, release, known) for source in book.lineage.raw]


def _origin(conn: psycopg.Connection, book: Rulebook, source: str, release: Json, known: Json) -> Json:
    system, _, name = source.partition(".")
    contract = load_contract(system)
    told: Json = {
        "table": source,
        "system": {"name": system, "title": contract.title, "owner": contract.owner, "kind": contract.access.kind},
        "source": contract.table(name).source,
    }
    if conn.execute("select to_regclass(%s) is null", (f"raw.{raw_table_name(system, name)}",)).fetchone() == (True,):
        return told | {"count": 0, "rows": [], "rejected": [], "note": "never loaded"}
    parts = _parts(book, contract, name, known)
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(sql.SQL(_ROWS).format(**parts)).fetchall()
    seen_change = release["fingerprint"].get("raw", {}).get(source)
    shown = [_row(conn, book, contract, name, row, seen_change) for row in rows]
    return told | {
        "count": rows[0]["n"] if rows else 0,
        "rows": shown,
        "rejected": [] if rows else _rejected(conn, parts, source in book.lineage.hidden),
    }


def _parts(book: Rulebook, contract: SourceContract, name: str, known: Json) -> dict[str, sql.Composable]:
    key = contract.table(name).key
    members = [sql.SQL("{}, source.{}::text").format(sql.Literal(c), sql.Identifier(c)) for c in key]
    return {
        "relation": sql.Identifier(*book.dataset.relation.split(".")),
        "known": sql.Literal(Jsonb(known)),
        "table": sql.Identifier(raw_table_name(contract.system, name)),
        "condition": sql.SQL(book.lineage.raw[f"{contract.system}.{name}"]),
        "key": sql.SQL(", ").join(members),
        "order": sql.SQL(", ").join(sql.SQL("source.{}").format(sql.Identifier(c)) for c in key),
        "names": sql.Literal(list(key)),
        "width": sql.Literal(len(key)),
        "system": sql.Literal(contract.system),
        "name": sql.Literal(name),
        "most": sql.Literal(MOST_SHOWN),
    }


def _row(
    conn: psycopg.Connection, book: Rulebook, contract: SourceContract, name: str, row: Json, seen_change: int | None
) -> Json:
    table, key = contract.table(name), row["key"]
    changed_since = seen_change is not None and row["change_no"] > seen_change
    batch = _batch(conn, sql.SQL("b.batch_id = %s"), (row["batch_id"],))
    file = find_row(batch["manifest_path"], batch["manifest_sha256"], key) if batch and batch["manifest_path"] else None
    if (
        changed_since and batch is not None
    ):  # the raw table has moved on: the file that the release was made of is older
        place = (contract.system, name, batch["partition"], seen_change)
        batch, file = _earlier(conn, place, key)
    is_hidden = f"{contract.system}.{name}" in book.lineage.hidden or any(
        table.column(c).personal != "none" for c in table.key
    )
    shown = {name: value for name, value in row.items() if name not in ("n", "batch_id", "key")}
    return shown | {
        "key": "not shown: as good as a person's name" if is_hidden else key,
        "changed_since": changed_since,
        "batch": {n: v for n, v in batch.items() if not n.startswith("manifest")} if batch else None,
        "file": asdict(file) if file else None,
    }


def _earlier(conn: psycopg.Connection, place: tuple[Any, ...], key: dict[str, str]) -> tuple[Json | None, Any]:
    with conn.cursor(row_factory=dict_row) as cursor:
        for batch in cursor.execute(sql.SQL(_BATCH).format(sql.SQL(_EARLIER)), place).fetchall():
            file = find_row(batch["manifest_path"], batch["manifest_sha256"], key)
            if file.line_no is not None:
                return batch, file
    return None, None


def _batch(conn: psycopg.Connection, condition: sql.Composable, values: tuple[Any, ...]) -> Json | None:
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(sql.SQL(_BATCH).format(condition), values).fetchone()


def _rejected(conn: psycopg.Connection, parts: dict[str, sql.Composable], is_hidden: bool) -> list[Json]:
    try:
        with conn.transaction(), conn.cursor(row_factory=dict_row) as cursor:
            found = cursor.execute(sql.SQL(_REJECTED).format(**parts)).fetchall()
    except psycopg.errors.DataError:  # the key itself is what does not fit
        return []
    return [{"key": "not shown" if is_hidden else row["row_ref"], "batch_id": row["batch_id"]} for row in found]
