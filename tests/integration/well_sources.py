"""Wells and pumps with a source: batches, staging rows and records, to be damaged for the balance. Not a test."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import psycopg
import yaml

from connectors.warehouse import releases
from connectors.warehouse.releases import Release
from expectations.guards import unbalanced_sql
from expectations.row_check import check_rows
from expectations.rules import Rulebook, load_rulebooks
from tests.integration.fault_batches import TERMS, Batch, Row, key
from tests.integration.gate_warehouse import HEADER, RELATION, Wells, rule

TABLES = (
    RELATION,
    "create table warehouse.pump (pump_key text, well_key text, power_kw numeric, row_hash bytea)",
    "create table staging.stg_well (record_key text, office text, change_no bigint, fate text)",
    "create table staging.stg_pump (record_key text, office text, change_no bigint, fate text)",
)
SOURCES = ("staging.stg_well", "staging.stg_pump", "warehouse.well", "warehouse.pump", "raw._batch", "raw._rejected")
RELEASED = (
    *("quality.row_outcome", "quality.row_check", "release.well", "release.pump", "release.conservation"),
    *("release.held", "release.dataset_release", "release.release"),
)
BUILT = 100
RULES = {
    "well": [
        rule("W01", "depth_m < 50"),
        rule("W02", "kind <> 'spring'", severity="scope"),
        rule("W03", "depth_limit_m = 100"),
    ],
    "pump": [
        rule("X01", "power_kw > 0", columns=["power_kw"]),
        rule("X02", columns=["well_key"], depends_on={"dataset": "well", "columns": ["well_key"]}),
    ],
}
HEADERS: dict[str, dict[str, Any]] = {
    name: HEADER
    | {
        "dataset": name,
        "relation": f"warehouse.{name}",
        "key": [f"{name}_key"],
        "facts": facts,
        "guards": {"max_held_share": 1, "max_shrink": 1, "min_rows": 0},
        "rows_of": {
            f"well_register.{name}": {
                "from": f"staging.stg_{name} as s",
                "key": "s.record_key",
                "partition": "s.office",
                "fate": "s.fate",
                "is_record": True,
            }
        },
    }
    for name, facts in (("well", ["depth_limit_m"]), ("pump", []))
}


@dataclass
class WellSources:
    """The world: `fill` it with a batch, then `attempt` a release."""

    wells: Wells
    admin: psycopg.Connection
    books: dict[str, Rulebook] = field(init=False)
    filled: int = 0

    def __post_init__(self) -> None:
        """Makes the tables and the rulebooks."""
        for statement in TABLES:
            self.wells.builder.execute(statement)
        for name, rules in RULES.items():
            path = self.wells.project / "expectations" / "rules" / f"{name}.yml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(yaml.safe_dump(HEADERS[name] | {"rules": rules}, allow_unicode=True), encoding="utf-8")
        self.books = load_rulebooks()

    def start(self, batch: Batch) -> None:
        """Starts from nothing, with a batch."""
        self.admin.execute("update release.pointer set release_id = null")
        self.filled += 1
        if self.filled % 100 == 0:
            self.admin.execute("vacuum")  # every release leaves dead rows, also in the catalog, that the next one reads
        self._empty(RELEASED)
        self.fill(batch)

    def fill(self, batch: Batch) -> None:
        """Loads, stages and builds what the sources have now; what was released stays."""
        self._empty(SOURCES)
        cursor = self.admin.cursor()
        for table, number, row in batch.rows:
            staged = 0 if row.fate == "not staged" else 2 if row.fate.endswith("twice") else 1
            change_no, fate = BUILT + (row.fate == "later"), "superseded" if row.fate == "replaced" else None
            said = (key(table, number), row.office, change_no, fate)
            cursor.executemany(f"insert into staging.stg_{table} values (%s, %s, %s, %s)", [said] * staged)
            if batch.term(table, row) in ("published", "held", "out_of_scope"):
                self._build(cursor, table, number, row, batch)
        for number in range(sum(batch.made_up)):
            fate = "good" if number < batch.made_up[0] else "deep"
            self._build(cursor, "well", 1000 + number, Row("", fate), batch)
        live = Counter((table, row.office) for table, _, row in batch.rows)
        said_rejected = Counter((r.table, r.office) for r in batch.rejected if r.fate != "unsaid")
        places = sorted(live.keys() | {(r.table, r.office) for r in batch.rejected})
        cursor.executemany(
            _BATCH, [(n, *place, said_rejected[place], live[place]) for n, place in enumerate(places, 1)]
        )
        cursor.executemany(_REJECTED, [(r.table, r.office) for r in batch.rejected if r.fate != "dropped"])

    def _empty(self, tables: tuple[str, ...]) -> None:
        for table in tables:
            self.admin.execute(
                f"do $$ begin if to_regclass('{table}') is not null then delete from {table}; end if; end $$"
            )

    @staticmethod
    def _build(cursor: psycopg.Cursor, table: str, number: int, row: Row, batch: Batch) -> None:
        name = row.fate.removesuffix(", twice")
        if table == "pump":
            well = None if row.on is None else key("well", row.on % len(batch.wells))
            values = (key(table, number), well, 0 if name == "weak" else 5, name)
            cursor.execute("insert into warehouse.pump values (%s, %s, %s, sha256(convert_to(%s, 'UTF8')))", values)
            return
        values = (
            *(key(table, number), 60 if name.startswith("deep") else 10, "spring" if name == "spring" else "drilled"),
            *(90 if name.endswith("bent") else 100, name),
        )
        cursor.execute(
            "insert into warehouse.well values (%s, %s, %s, 'x', %s, sha256(convert_to(%s, 'UTF8')))", values
        )

    def attempt(self) -> tuple[Release, int]:
        """Opens, checks and stages; the release and what guard G04 finds in both datasets."""
        release = releases.open_release({"raw": {f"well_register.{name}": BUILT for name in self.books}})
        for book in self.books.values():
            check_rows(book, release)
        for book in self.books.values():
            releases.stage(release, book.dataset)
        return release, self.found(release)

    def found(self, release: Release) -> int:
        """What guard G04 counts in both datasets."""
        parts = " + ".join(unbalanced_sql(book, release.release_id) for book in self.books.values())
        (count,) = self.admin.execute(f"select {parts}").fetchone() or (0,)
        return int(count)

    def judge_alone(self, release: Release, office: str) -> tuple[int, bool]:
        """What G04 finds, and whether the pointer may move, if a release had the rows of one office only."""
        with self.admin.transaction(force_rollback=True):
            self.admin.execute(
                "delete from release.conservation where release_id = %s and partition <> %s",
                (release.release_id, office),
            )
            found = self.found(release)
            try:
                with self.admin.transaction():
                    self.admin.execute("update release.pointer set release_id = %s", (release.release_id,))
            except psycopg.errors.IntegrityConstraintViolation:
                return found, False
            return found, True

    def balance(self, release: Release) -> dict[tuple[str, str], dict[str, int]]:
        """What the database counted, by table, office and term, zeros left out."""
        names = (*TERMS, "rejected", "unaccounted")
        cursor = self.admin.execute(
            f"select dataset, partition, {', '.join(names)} from quality.conservation where release_id = %s",
            (release.release_id,),
        )
        return {(row[0], row[1]): {n: v for n, v in zip(names, row[2:], strict=True) if v} for row in cursor}

    def served(self) -> set[str]:
        """The keys that readers find, and find good."""
        rows = self.admin.execute(
            "select well_key from shared.well where not is_held union all "
            "select pump_key from shared.pump where not is_held"
        )
        return {found for (found,) in rows}

    def held(self) -> set[str]:
        """The keys that readers find held."""
        return {found for (found,) in self.admin.execute("select record_key from shared.held_record")}


_BATCH = """
insert into raw._batch (batch_id, system, table_name, partition, mode, started_at, finished_at, rows_read, inserted,
    updated, deleted, rejected, live_rows, change_no, contract_sha256, shape_sha256, extractor_version, source_as_of)
values (%s, 'well_register', %s, %s, 'snapshot', now(), now(), 0, 0, 0, 0, %s, %s, 1, '', '', '', now())
"""
_REJECTED = "insert into raw._rejected values (1, 'well_register', %s, %s, 'a row', '{}', 'no usable key')"
