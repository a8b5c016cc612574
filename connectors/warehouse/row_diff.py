"""The difference between what arrived and what is loaded, by key and row hash, and its application to a raw table.

Every statement is set-based and writes only rows that differ. Whether a difference may be applied at all is judged
in `landing_checks.py`; the transaction is the caller's.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import psycopg
from psycopg import sql

from connectors.contracts import WHOLE, ColumnContract, SourceContract, TableContract
from connectors.warehouse.intake import Intake
from connectors.warehouse.raw_tables import raw_table_name


@dataclass(frozen=True)
class DiffCounts:
    """What applying a difference would do. Of the updated rows, `moved` are live ones that change their partition and
    `revived` are ones that were deleted."""

    inserted: int
    updated: int
    deleted: int
    moved: int
    revived: int

    @property
    def changed(self) -> int:
        """Rows that will be written."""
        return self.inserted + self.updated + self.deleted

    @property
    def growth(self) -> int:
        """By how many the live rows of the partition become more."""
        return self.inserted + self.revived + self.moved - self.deleted


class RowDiff:
    """The difference of one intake and one raw table, held in temporary tables until commit."""

    def __init__(
        self,
        conn: psycopg.Connection,
        contract: SourceContract,
        table: TableContract,
        *,
        partition: str,
        intake: Intake,
    ) -> None:
        self._conn, self._table, self._intake = conn, table, intake
        self._raw = sql.Identifier("raw", raw_table_name(contract.system, table.name))
        self._columns = list(table.column_names)
        self._partition_column = contract.partitions.column if contract.partitions and partition != WHOLE else None
        self._partition = partition

    def missing_keys(self, *, since: str, most: int) -> list[tuple[object, ...]]:
        """The source's keys and marks below `since` that are not loaded, or loaded with another mark; `most` of them.

        These are the rows that a read since the mark would not bring: committed late, or restored.
        """
        mark = self._mark()
        query = sql.SQL("""
            select {names} from {keys} as k left join {raw} as w on {same} and {live}
            where k.{mark} < %s::{kind} and (w.{key} is null or w.{mark} is distinct from k.{mark}) limit %s
        """).format(
            names=_list("k", self._table.key_and_mark),
            keys=self._intake.keys,
            raw=self._raw,
            same=self._same("w", "k"),
            live=self._live(),
            mark=sql.Identifier(mark.name),
            kind=sql.SQL(mark.typed.sql),
            key=sql.Identifier(self._table.key[0]),
        )
        return self._conn.execute(query, [since, most]).fetchall()

    def count_set_back(self) -> int:
        """Live rows whose mark at the source is now lower than the one loaded."""
        query = sql.SQL(
            "select count(*) from {keys} as k join {raw} as w on {same} and {live} where k.{mark} < w.{mark}"
        )
        row = self._conn.execute(
            query.format(
                keys=self._intake.keys,
                raw=self._raw,
                same=self._same("w", "k"),
                live=self._live(),
                mark=sql.Identifier(self._mark().name),
            )
        ).fetchone()
        return int(row[0]) if row else 0

    def compute(self, *, deletes_from: sql.Identifier | None, rejected_refs: list[str]) -> DiffCounts:
        """Fills the temporary tables `_diff` and `_gone`. Rows of rejected keys stay as they were."""
        found = self._conn.execute(
            sql.SQL("""
                create temporary table _diff on commit drop as
                select s.arrived, s.row_hash, w.{key} is null as is_new, {moved} as is_moved,
                    w._deleted_at is not null as is_revived
                from (select a.ctid as arrived, {hash} as row_hash, {names} from {rows} as a) as s
                left join {raw} as w on {same}
                where w.{key} is null or w._row_hash <> s.row_hash or w._deleted_at is not null
            """).format(
                key=sql.Identifier(self._table.key[0]),
                moved=self._is_moved(),
                hash=self._hash(),
                names=_list("a", [*self._table.key, *self._partition_names()]),
                rows=self._intake.rows,
                raw=self._raw,
                same=self._same("w", "s"),
            )
        )
        if found.rowcount > 500:
            self._conn.execute("analyze pg_temp._diff")
        deleted = self._compute_gone(deletes_from, rejected_refs) if deletes_from is not None else 0
        row = self._conn.execute("""
            select count(*) filter (where is_new), count(*) filter (where not is_new), count(*) filter (where is_moved),
                count(*) filter (where is_revived)
            from pg_temp._diff
        """).fetchone()
        assert row is not None
        return DiffCounts(inserted=row[0], updated=row[1], deleted=deleted, moved=row[2], revived=row[3])

    def gone_sha256(self) -> str:
        """The hash of all keys that applying the difference would delete; to be asked after `compute` with deletes."""
        key = sql.SQL("concat_ws('|', {})").format(_list("g", self._table.key))
        query = sql.SQL("""
            select encode(sha256(convert_to(string_agg({key}, chr(10) order by {key} collate "C"), 'UTF8')), 'hex')
            from pg_temp._gone as g
        """)
        row = self._conn.execute(query.format(key=key)).fetchone()
        assert row is not None
        return str(row[0])

    def apply(self, counts: DiffCounts, *, batch_id: int, change_no: int) -> None:
        """Writes the difference: new rows, changed rows, and the mark of deletion."""
        stamp = {"batch": batch_id, "change": change_no}
        if counts.inserted:
            self._insert(stamp)
        if counts.updated:
            self._update(stamp)
        if counts.deleted:
            self._conn.execute(
                sql.SQL("""
                    update {raw} as w
                    set _deleted_at = transaction_timestamp(), _batch_id = %(batch)s, _change_no = %(change)s
                    from pg_temp._gone as g where {same} and w._deleted_at is null
                """).format(raw=self._raw, same=self._same("w", "g")),
                stamp,
            )
        if counts.inserted + counts.updated > 1000:
            self._conn.execute(sql.SQL("analyze {}").format(self._raw))

    def _insert(self, stamp: dict[str, int]) -> None:
        self._conn.execute(
            sql.SQL("""
                insert into {raw} ({columns}, _row_hash, _batch_id, _change_no, _loaded_at)
                select {values}, d.row_hash, %(batch)s, %(change)s, transaction_timestamp()
                from pg_temp._diff as d join {rows} as a on a.ctid = d.arrived where d.is_new
            """).format(raw=self._raw, columns=_names(self._columns), values=self._values(), rows=self._intake.rows),
            stamp,
        )

    def _update(self, stamp: dict[str, int]) -> None:
        self._conn.execute(
            sql.SQL("""
                update {raw} as w
                set ({columns}, _row_hash, _batch_id, _change_no, _loaded_at, _deleted_at)
                = row({values}, d.row_hash, %(batch)s, %(change)s, transaction_timestamp(), null)
                from pg_temp._diff as d join {rows} as a on a.ctid = d.arrived
                where not d.is_new and {same}
            """).format(
                raw=self._raw,
                columns=_names(self._columns),
                values=self._values(),
                rows=self._intake.rows,
                same=self._same("w", "a"),
            ),
            stamp,
        )

    def _compute_gone(self, keys: sql.Identifier, rejected_refs: list[str]) -> int:
        shown = sql.SQL(", ").join(sql.SQL("w.{}").format(sql.Identifier(name)) for name in self._table.key)
        cursor = self._conn.execute(
            sql.SQL("""
                create temporary table _gone on commit drop as
                select {names} from {raw} as w
                where {live} and not exists (select from {keys} as k where {same})
                and concat_ws('|', {shown}) <> all(%s)
            """).format(
                names=shown, raw=self._raw, live=self._live(), keys=keys, same=self._same("w", "k"), shown=shown
            ),
            [rejected_refs],
        )
        return cursor.rowcount

    def _mark(self) -> ColumnContract:
        assert self._table.mark is not None
        return self._table.column(self._table.mark.column)

    def _hash(self) -> sql.Composed:
        geometry = self._table.geometry
        plain = [sql.SQL("a.{}").format(sql.Identifier(c.name)) for c in self._table.columns]
        shape = [sql.SQL("st_asewkb({})").format(self._shape())] if geometry else []
        return sql.SQL("sha256(record_send(row({})))").format(sql.SQL(", ").join([*plain, *shape]))

    def _values(self) -> sql.Composed:
        plain = [sql.SQL("a.{}").format(sql.Identifier(c.name)) for c in self._table.columns]
        return sql.SQL(", ").join([*plain, *([self._shape()] if self._table.geometry else [])])

    def _shape(self) -> sql.Composed:
        return stated_geometry(self._table, "a")

    def _is_moved(self) -> sql.Composable:
        if self._partition_column is None:
            return sql.SQL("false")
        differs = sql.SQL("w._deleted_at is null and w.{0} <> s.{0}")
        return sql.SQL("coalesce({}, false)").format(differs.format(sql.Identifier(self._partition_column)))

    def _partition_names(self) -> list[str]:
        column = self._partition_column
        return [column] if column and column not in self._table.key else []

    def _live(self) -> sql.Composed:
        live = sql.SQL("w._deleted_at is null").format()
        if self._partition_column is None:
            return live
        place = sql.SQL("w.{} = {}").format(sql.Identifier(self._partition_column), sql.Literal(self._partition))
        return sql.SQL("{} and {}").format(live, place)

    def _same(self, left: str, right: str) -> sql.Composed:
        pairs = [
            sql.SQL("{} = {}").format(sql.Identifier(left, name), sql.Identifier(right, name))
            for name in self._table.key
        ]
        return sql.SQL(" and ").join(pairs)


def stated_geometry(table: TableContract, alias: str) -> sql.Composed:
    """The geometry of an intake row in the system that contract or row state."""
    geometry = table.geometry
    assert geometry is not None
    srid: sql.Composable = sql.Literal(geometry.srid)
    if geometry.srid_column:
        srid = sql.SQL("coalesce({}, 0)").format(sql.Identifier(alias, geometry.srid_column))
    return sql.SQL("st_setsrid({}, {})").format(sql.Identifier(alias, geometry.column), srid)


def _list(alias: str, names: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(alias, name) for name in names)


def _names(names: list[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))
