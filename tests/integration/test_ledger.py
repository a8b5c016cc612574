"""The ledger in the database: nobody changes it, everybody's entries form one chain, and its export verifies."""

import threading
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from connectors.errors import LedgerBroken
from connectors.warehouse.ledger import export_ledger, record
from connectors.warehouse.ledger_verify import verify_ledger
from tests.conftest import Warehouse

ODD = {"ký tự": "Thửa đất số 1\n\t\"'\\ \u2028 😀", "number": 1.50, "big": 12345678901234567890, "nested": [{}, None]}


def test_export_verifies_and_an_edit_in_the_database_is_found(warehouse: Warehouse, tmp_path: Path) -> None:
    with warehouse.connect("lt_publisher") as conn:
        numbers = [record(conn, "test.entry", ODD | {"i": i}) for i in range(20)]
    assert numbers == list(range(1, 21))
    path = tmp_path / "ledger.jsonl"
    assert export_ledger(path) == 20
    assert verify_ledger(path) == 20
    with warehouse.connect("admin") as admin:
        admin.execute("alter table audit.ledger disable trigger all")
        admin.execute("update audit.ledger set payload = payload || '{\"i\": 7}' where seq = 7")
    export_ledger(path)
    with pytest.raises(LedgerBroken, match="entry 7 was edited"):
        verify_ledger(path)
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["ledger.jsonl"]


@pytest.mark.parametrize("role", ["admin", "owner", "lt_owner", "lt_publisher", "lt_loader", "auditor_reader"])
@pytest.mark.parametrize("change", ["update audit.ledger set kind = 'x'", "delete from audit.ledger",
                                    "truncate audit.ledger"])  # fmt: skip
def test_nobody_changes_the_ledger(warehouse: Warehouse, role: str, change: str) -> None:
    with warehouse.connect("lt_publisher") as conn:
        record(conn, "test.entry", {})
    with warehouse.connect("owner" if role == "lt_owner" else role) as conn:
        if role == "lt_owner":
            conn.execute("set role lt_owner")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute(sql.SQL(change))


@pytest.mark.parametrize("role", ["procedure_reader", "auditor_reader"])
def test_readers_append_nothing(warehouse: Warehouse, role: str) -> None:
    with warehouse.connect(role) as conn, pytest.raises(psycopg.errors.InsufficientPrivilege):
        record(conn, "test.entry", {})


def test_concurrent_writers_make_one_chain(warehouse: Warehouse, tmp_path: Path) -> None:
    def write(role: str) -> None:
        with warehouse.connect(role, autocommit=False) as conn:
            for i in range(40):
                record(conn, "test.entry", {"role": role, "i": i})
                conn.rollback() if i % 4 == 3 else conn.commit()

    threads = [threading.Thread(target=write, args=(r,)) for r in ("lt_loader", "lt_publisher", "lt_builder") * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    path = tmp_path / "ledger.jsonl"
    assert export_ledger(path) == verify_ledger(path) == 6 * 30


def test_older_snapshot_is_refused(warehouse: Warehouse) -> None:
    with warehouse.connect("lt_publisher", autocommit=False) as conn:
        conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with pytest.raises(psycopg.errors.RaiseException, match="READ COMMITTED"):
            record(conn, "test.entry", {})
