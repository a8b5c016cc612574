"""Rows that no record counts: what came after the build is excused, and never a lost row with it."""

import pytest

from tests.conftest import Warehouse

BUILT = 100
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
