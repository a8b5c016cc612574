"""Wells with a source: batches, staging rows and records, to be damaged for the balance of rows. Not a test."""

from dataclasses import dataclass, field

import psycopg

from connectors.warehouse import releases
from connectors.warehouse.releases import Release
from expectations.guards import unbalanced_sql
from expectations.row_check import check_rows
from expectations.rules import Rulebook
from tests.integration.gate_warehouse import RELATION, Wells, rule

STAGING = "create table staging.stg_wells (well_key text, office text, change_no bigint, fate text)"
EMPTIED = (
    *("staging.stg_wells", "warehouse.well", "raw._batch", "quality.row_outcome", "quality.row_check"),
    *("release.well", "release.conservation", "release.held", "release.dataset_release", "release.release"),
)
BUILT = 100
# What may become of a source row, and the term of the balance it must be counted in; None is a row that went missing.
FATES = {
    "good": "published",
    "deep": "held",
    "spring": "out_of_scope",
    "replaced": "superseded",
    "later": "arrived_later",
    "lost": None,
    "not_staged": None,
}
ACCOUNTED = {fate: term for fate, term in FATES.items() if term}


@dataclass(frozen=True)
class Fault:
    """One source row of an office and what becomes of it."""

    office: str
    fate: str


@dataclass
class WellSources:
    """The world: `fill` it with faults, then `attempt` a release."""

    wells: Wells
    admin: psycopg.Connection
    book: Rulebook = field(init=False)
    filled: int = 0

    def __post_init__(self) -> None:
        """Makes the tables and the rulebook."""
        self.wells.builder.execute(RELATION)
        self.wells.builder.execute(STAGING)
        rows_of = {
            "well_register.well": {
                "from": "staging.stg_wells as s",
                "key": "s.well_key",
                "partition": "s.office",
                "fate": "s.fate",
                "is_record": True,
            }
        }
        self.book = self.wells.write_rules(
            rule("W01", "depth_m < 50"),
            rule("W02", "kind <> 'spring'", severity="scope"),
            rows_of=rows_of,
            guards={"max_held_share": 1, "max_shrink": 1, "min_rows": 0},
        )

    def fill(self, faults: list[Fault], *, made_up: int = 0) -> None:
        """Starts from nothing: loads the rows by office, stages and builds them as their fates say."""
        self.admin.execute("update release.pointer set release_id = null")
        self.filled += 1
        if self.filled % 100 == 0:
            self.admin.execute("vacuum")  # every release leaves dead rows, also in the catalog, that the next one reads
        for table in EMPTIED:
            self.admin.execute(
                f"do $$ begin if to_regclass('{table}') is not null then delete from {table}; end if; end $$"
            )
        staged, built = [], []
        for number, fault in enumerate(faults):
            key = f"{fault.office}-{number}"
            if fault.fate != "not_staged":
                staged.append((key, fault.office, BUILT + (fault.fate == "later"), _said(fault.fate)))
            if fault.fate in ("good", "deep", "spring"):
                kind = "spring" if fault.fate == "spring" else "drilled"
                built.append((key, 60 if fault.fate == "deep" else 10, kind))
        built += [(f"made-up-{number}", 10, "drilled") for number in range(made_up)]
        cursor = self.admin.cursor()
        cursor.executemany("insert into staging.stg_wells values (%s, %s, %s, %s)", staged)
        cursor.executemany("insert into warehouse.well values (%s, %s, %s, 'x', 100, '\\x01')", built)
        offices = sorted({fault.office for fault in faults})
        cursor.executemany(_BATCH, [(n, o, sum(f.office == o for f in faults)) for n, o in enumerate(offices, 1)])

    def attempt(self) -> tuple[Release, int]:
        """Opens, checks and stages; the release and what guard G04 finds."""
        release = releases.open_release({"raw": {"well_register.well": BUILT}})
        check_rows(self.book, release)
        releases.stage(release, self.book.dataset)
        (found,) = self.admin.execute(f"select {unbalanced_sql(self.book, release.release_id)}").fetchone() or (0,)
        return release, found

    def judge_alone(self, release: Release, office: str) -> tuple[int, bool]:
        """What G04 finds, and whether the pointer may move, if a release had the rows of one office only."""
        with self.admin.transaction(force_rollback=True):
            self.admin.execute(
                "delete from release.conservation where release_id = %s and partition <> %s",
                (release.release_id, office),
            )
            query = unbalanced_sql(self.book, release.release_id)
            (found,) = self.admin.execute(f"select {query}").fetchone() or (0,)
            try:
                with self.admin.transaction():
                    self.admin.execute("update release.pointer set release_id = %s", (release.release_id,))
            except psycopg.errors.IntegrityConstraintViolation:
                return found, False
            return found, True

    def balance(self, release: Release) -> dict[str, dict[str, int]]:
        """What the database counted, by partition and term, zeros left out."""
        cursor = self.admin.execute(
            "select partition, published, held, superseded, out_of_scope, arrived_later, unaccounted"
            " from quality.conservation where release_id = %s",
            (release.release_id,),
        )
        names = [column.name for column in cursor.description or ()][1:]
        return {row[0]: {n: v for n, v in zip(names, row[1:], strict=True) if v} for row in cursor}


def expected_balance(faults: list[Fault]) -> dict[str, dict[str, int]]:
    """The same, counted one by one."""
    expected: dict[str, dict[str, int]] = {}
    for fault in faults:
        terms = expected.setdefault(fault.office, {})
        term = FATES[fault.fate] or "unaccounted"
        terms[term] = terms.get(term, 0) + 1
    return expected


def _said(fate: str) -> str | None:
    return "superseded" if fate == "replaced" else None


_BATCH = """
insert into raw._batch (batch_id, system, table_name, partition, mode, started_at, finished_at, rows_read, inserted,
    updated, deleted, rejected, live_rows, change_no, contract_sha256, shape_sha256, extractor_version, source_as_of)
values (%s, 'well_register', 'well', %s, 'snapshot', now(), now(), 0, 0, 0, 0, 0, %s, 1, '', '', '', now())
"""
