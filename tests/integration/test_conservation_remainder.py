"""Rows that no record counts: what came after the build is excused, and never a lost row with it."""

from pathlib import Path

import pytest

from connectors import warehouse as package
from tests.conftest import Warehouse

BUILT = 100
OLDER = (
    "drop view quality.conservation",
    "alter table release.conservation drop column unaccounted, drop column rejected_kept, drop column without_record",
    "alter table release.conservation add column unaccounted bigint generated always as (live_rows - published) stored",
    "create view quality.conservation as select * from release.conservation",
)
ACCOUNT = "row('feed.line', 'hourly', 'select 1', 'staging.stray', false)::release.source_account"
BATCH = """
insert into raw._batch (batch_id, system, table_name, partition, mode, started_at, finished_at, rows_read, inserted,
    updated, deleted, rejected, live_rows, change_no, contract_sha256, shape_sha256, extractor_version, source_as_of)
values (%s, 'feed', 'line', 'all', 'append', now(), now(), 0, %s, 0, %s, 0, 0, %s, '', '', '', now())
"""
# Rows in no record, stray ones that the build read, stray ones that came later, loaded since, withdrawn since; and how
# they are counted: out of scope, arrived later, unaccounted.
CASES = {
    "nothing is missing": (0, 0, 0, 0, 0, (0, 0, 0)),
    "a stray row": (1, 1, 0, 0, 0, (1, 0, 0)),
    "a later row": (1, 0, 0, 1, 0, (0, 1, 0)),
    "a later row that is stray": (1, 0, 1, 1, 0, (0, 1, 0)),
    "stray and later": (5, 3, 1, 2, 0, (3, 2, 0)),
    "a lost row": (1, 0, 0, 0, 0, (0, 0, 1)),
    "a lost row, and later ones": (3, 0, 0, 2, 0, (0, 2, 1)),
    "a lost row, and a later one that is stray": (2, 0, 1, 1, 0, (0, 1, 1)),
    "a lost row, and a later one in place of another": (1, 0, 0, 1, 1, (0, 0, 1)),
}


@pytest.mark.parametrize("case", CASES)
def test_only_what_came_after_the_build_is_excused(warehouse: Warehouse, case: str) -> None:
    missing, stray, stray_since, loaded, withdrawn, expected = CASES[case]
    with warehouse.connect("admin") as admin, admin.transaction(force_rollback=True):
        admin.execute("create table staging.stray (change_no bigint)")
        admin.execute("insert into staging.stray select %s from generate_series(1, %s)", (BUILT, stray))
        admin.execute("insert into staging.stray select %s from generate_series(1, %s)", (BUILT + 1, stray_since))
        admin.execute(BATCH, (900_001, 50, 0, BUILT))
        admin.execute(BATCH, (900_002, loaded, withdrawn, BUILT + 1))
        admin.execute(
            "insert into release.conservation values (1, 'feed.line', 'all', 'hourly', %s, 0, 10, 0, 0, 0, 0)",
            (10 + missing,),
        )
        admin.execute(f"select release.count_remainder(1, {ACCOUNT}, %s)", (BUILT,))
        counted = admin.execute("select out_of_scope, arrived_later, unaccounted from release.conservation").fetchone()
    assert counted == expected


def test_what_is_in_no_record_is_not_excused_by_what_came_since(warehouse: Warehouse) -> None:
    """An hour of two lines lost its record, and two lines came after the build: they are not those."""
    with warehouse.connect("admin") as admin, admin.transaction(force_rollback=True):
        admin.execute("create table staging.stray (change_no bigint)")
        admin.execute(BATCH, (900_002, 2, 0, BUILT + 1))
        admin.execute(
            "insert into release.conservation values (1, 'feed.line', 'all', 'hourly', 14, 0, 10, 0, 0, 0, 0, 0, 2)"
        )
        admin.execute(f"select release.count_remainder(1, {ACCOUNT}, %s)", (BUILT,))
        counted = admin.execute("select arrived_later, unaccounted from release.conservation").fetchone()
    assert counted == (2, 2)


def test_the_balance_of_an_older_warehouse_is_taken_over(warehouse: Warehouse) -> None:
    ddl = (Path(package.__file__).parent / "ddl" / "120_conservation.sql").read_text(encoding="utf-8")
    with warehouse.connect("admin") as admin, admin.transaction(force_rollback=True):
        for statement in OLDER:
            admin.execute(statement)
        admin.execute("insert into release.conservation values (1, 'feed.line', 'all', 'hourly', 9, 2, 8, 0, 0, 0, 0)")
        for _ in range(2):
            admin.execute(ddl)
        found = admin.execute("select rejected, source_rows, unaccounted from quality.conservation").fetchall()
    assert found == [(2, 11, 1)]
