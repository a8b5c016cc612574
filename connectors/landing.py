"""From a source to the warehouse: read, write raw files, load. The only file that knows both ends.

One table and partition is one batch and one transaction. Reading is in `connectors/sources`, loading in
`connectors/warehouse/load.py`.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from itertools import chain
from typing import cast

import psycopg
import pyarrow as pa

from connectors.contracts import WHOLE, SourceContract, TableContract, load_contract
from connectors.errors import ContractInvalid, IncompleteBatch, LienThongError
from connectors.marks import mark_before
from connectors.raw_files import EXTRACTOR_VERSION, Manifest, RawBatch, read_rows, remove_partial
from connectors.sources import KeyedSource, Reading, Request, SeenFile, Source, open_source
from connectors.warehouse.approvals import Decide, refuse
from connectors.warehouse.bulk_copy import BulkCopy
from connectors.warehouse.connect import connect, translated
from connectors.warehouse.intake import Intake
from connectors.warehouse.landing_checks import check_mark, check_rejected, check_total
from connectors.warehouse.load import Arrival, load
from connectors.warehouse.load_records import (
    Batch,
    Loaded,
    locked,
    next_batch_id,
    read_loaded,
    record_batch,
    record_refusal,
)
from connectors.warehouse.raw_tables import ensure_raw_tables
from connectors.warehouse.row_diff import RowDiff

Progress = Callable[[str, str, int], None]
"""Called with table, partition and the number of rows read so far."""

_MOST_MISSING = 50_000


def extract(
    system: str,
    *,
    partition: str | None = None,
    table: str | None = None,
    full: bool = False,
    decide: Decide = refuse,
    on_progress: Progress | None = None,
) -> list[Batch]:
    """Extracts and loads the tables of a system, in contract order; `partition` and `table` None are all of them.

    `full` reads every row whatever was read before. Repeatable: a second run of an unchanged source writes no row.
    An error ends the extract; tables already loaded stay loaded, nothing is half-written, the ledger says why.
    `decide` is asked about deletes above the ceilings of the contract, which are refused otherwise.
    """
    contract = load_contract(system)
    partitions, tables = _chosen(contract, partition), _tables(contract, table)
    batches: list[Batch] = []
    with connect("lt_loader", autocommit=True) as conn, BulkCopy() as bulk:
        ensure_raw_tables(conn, contract)
        try:
            with open_source(contract) as source:
                for name in partitions:
                    for each in tables:
                        landing = _Landing(conn, bulk, source, Request(contract, each, name), decide, on_progress)
                        batches.append(landing.land(full=full))
        except LienThongError as error:
            _record_refusal(conn, system, error)
            raise
    return batches


@dataclass(frozen=True)
class _Landing:
    """One table and partition on its way."""

    conn: psycopg.Connection
    bulk: BulkCopy
    source: Source
    asked: Request
    decide: Decide
    on_progress: Progress | None

    @property
    def contract(self) -> SourceContract:
        return self.asked.contract

    @property
    def table(self) -> TableContract:
        return self.asked.table

    def land(self, *, full: bool) -> Batch:
        """Reads and loads under the lock of the table and partition."""
        place = (self.contract.system, self.table.name, self.asked.partition)
        with translated(self.asked.where), locked(self.conn, *place):
            remove_partial(self.contract, self.table, self.asked.partition)
            loaded = read_loaded(self.conn, self.contract, self.table, self.asked.partition)
            is_fresh = full or loaded.shape_sha256 != self.table.shape_sha256
            request = self.asked if is_fresh else _continued(self.asked, loaded)
            return self._land(request, loaded, started_at=datetime.now(UTC))

    def _land(self, request: Request, loaded: Loaded, *, started_at: datetime) -> Batch:
        reading = self.source.read(request)
        batch = self._batch(loaded, reading, started_at)
        if reading.is_unchanged:
            with self.conn.transaction():
                return record_batch(self.conn, batch, files=[])
        if reading.total is not None:
            # Before a row is read; whether a shrink was approved can only be told when it is known what is gone.
            asks = self.decide is not refuse
            check_total(
                self.table,
                total=reading.total,
                live=loaded.live_rows,
                where=request.where,
                shrink_approved=asks,
                may_be_empty=self._may_be_empty(loaded),
            )
        intake = Intake(self.conn, self.bulk, table=self.table, where=request.where)
        may_be_empty = self._may_be_empty(loaded)
        if reading.is_whole or not self._reconciles:
            return self._load(request, reading, intake=intake, batch=batch, may_be_empty=may_be_empty)
        missing = self._reconcile(request, reading, intake, loaded)
        if missing.num_rows >= _MOST_MISSING:
            return self._land(self.asked, loaded, started_at=started_at)
        source = cast("KeyedSource", self.source)
        reading.rows = chain(reading.rows, source.read_keys(request, missing, reading))
        batch = replace(batch, mark_from=request.since)
        return self._load(request, reading, intake=intake, batch=batch, may_be_empty=may_be_empty)

    def _may_be_empty(self, loaded: Loaded) -> bool:
        """Whether a person may approve that nothing is left: of a partition that was loaded, never of a whole table."""
        return self.asked.partition != WHOLE and loaded.shape_sha256 is not None

    @property
    def _reconciles(self) -> bool:
        return self.table.mode == "changes" and self.table.reconcile == "every_run"

    def _reconcile(self, request: Request, reading: Reading, intake: Intake, loaded: Loaded) -> pa.Table:
        """The keys of rows that the read since the mark would not bring."""
        source, mark = cast("KeyedSource", self.source), self.table.mark
        assert mark is not None
        assert request.since is not None
        assert loaded.mark is not None
        arrived = intake.take_keys(source.keys(request))
        _check_complete(request, arrived, reading.total)
        diff = RowDiff(self.conn, self.contract, self.table, partition=request.partition, intake=intake)
        reading.mark = check_mark(
            self.table, loaded=loaded.mark, found=reading.mark, count_set_back=diff.count_set_back, where=request.where
        )
        rows = diff.missing_keys(since=request.since, most=_MOST_MISSING)
        schema = pa.schema([self.table.arrow_schema.field(name) for name in self.table.key_and_mark])
        return pa.table([list(c) for c in zip(*rows, strict=True)] or [[]] * len(schema), schema=schema)

    def _load(self, request: Request, reading: Reading, *, intake: Intake, batch: Batch, may_be_empty: bool) -> Batch:
        # The time tells batches apart whose warehouse was made anew and counts from one again.
        name = f"{batch.batch_id:012d}-{batch.started_at:%Y%m%dT%H%M%S%f}"
        with RawBatch(self.contract, self.table, partition=request.partition, name=name) as raw:
            for rows in reading.rows:
                raw.write(rows)
                if self.on_progress:
                    self.on_progress(self.table.name, request.partition, raw.row_count)
            _check_complete(request, raw.row_count + len(reading.rejected), reading.announced)
            of = max(reading.total or 0, raw.row_count + len(reading.rejected))
            check_rejected(self.table, [r.reason for r in reading.rejected], of=of, where=request.where)
            refused = [asdict(row) for row in reading.rejected]
            batch = replace(batch, rows_read=raw.row_count, mark_to=reading.mark)
            digest = raw.finish(self._manifest(batch, reading), refused)
        batch = replace(batch, manifest_path=str(raw.final), manifest_sha256=digest)
        intake.take_rows(read_rows(raw.final))
        keys = intake.rows if reading.is_whole else intake.keys if self._reconciles else None
        adds_only = self.table.mode == "append"
        arrival = Arrival(
            total=None if adds_only else of if reading.total is None else reading.total,
            deletes_from=None if adds_only else keys,
            rejected=refused,
            replaces_rejected=keys is not None and not adds_only,
            files=[(file.name, file.size, file.modified_at) for file in reading.files],
            may_be_empty=may_be_empty,
        )
        return load(self.conn, self.contract, intake=intake, batch=batch, arrival=arrival, decide=self.decide)

    def _batch(self, loaded: Loaded, reading: Reading, started_at: datetime) -> Batch:
        return Batch(
            batch_id=next_batch_id(self.conn),
            system=self.contract.system,
            table_name=self.table.name,
            partition=self.asked.partition,
            mode=self.table.mode,
            started_at=started_at,
            contract_sha256=self.contract.sha256,
            shape_sha256=self.table.shape_sha256,
            extractor_version=EXTRACTOR_VERSION,
            live_rows=loaded.live_rows,
            rejected=loaded.rejected,
            mark_to=reading.mark,
        )

    def _manifest(self, batch: Batch, reading: Reading) -> Manifest:
        return Manifest(
            system=batch.system,
            table=batch.table_name,
            partition=batch.partition,
            batch_id=batch.batch_id,
            mode=batch.mode,
            row_count=batch.rows_read,
            rejected_count=len(reading.rejected),
            announced_count=reading.announced,
            total_at_source=reading.total,
            mark_from=batch.mark_from,
            mark_to=batch.mark_to,
            source_as_of=batch.started_at.isoformat(),
            contract_sha256=batch.contract_sha256,
            extractor_version=batch.extractor_version,
            files={},
        )


def _tables(contract: SourceContract, name: str | None) -> tuple[TableContract, ...]:
    known = {table.name: table for table in contract.tables}
    if name is None:
        return tuple(known.values())
    if name not in known:
        raise ContractInvalid(
            expected=f"one of the tables {', '.join(known)}",
            found=name,
            where=contract.system,
            next_step="Name one of them.",
        )
    return (known[name],)


def _chosen(contract: SourceContract, partition: str | None) -> tuple[str, ...]:
    if partition is None or partition in contract.partition_names:
        return contract.partition_names if partition is None else (partition,)
    raise ContractInvalid(
        expected=f"one of the partitions {', '.join(contract.partition_names)}",
        found=partition,
        where=contract.system,
        next_step="Name one of them, or none to extract all.",
    )


def _continued(asked: Request, loaded: Loaded) -> Request:
    mark, since = asked.table.mark, None
    if mark and loaded.mark:
        family = asked.table.column(mark.column).typed.family
        since = mark_before(loaded.mark, overlap=mark.overlap, family=family)
    files = {name: SeenFile(name, size, at) for name, (size, at) in loaded.files.items()}
    return replace(asked, since=since, seen=loaded.mark, seen_files=files)


def _check_complete(request: Request, arrived: int, announced: int | None) -> None:
    if announced is not None and arrived != announced:
        raise IncompleteBatch(
            expected=f"{announced} rows, as the source itself counts them",
            found=f"{arrived}",
            where=request.where,
            next_step="Nothing was loaded; the last good data stays. Run it again; if it stays so, tell the owner.",
        )


def _record_refusal(conn: psycopg.Connection, system: str, error: LienThongError) -> None:
    """The reason goes into the ledger where that can be reached; the error itself is raised in any case."""
    facts = {"error": type(error).__name__, "expected": error.expected, "found": error.found, "where": error.where}
    try:
        record_refusal(conn, system, facts)
    except psycopg.Error as second:
        error.add_note(f"The ledger could not be written: {second}")
