"""Any SQLAlchemy database as a source: SQLite always, a real MariaDB where it is installed."""

import tempfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from connectors.errors import ContractBroken, ShrunkTooFar, SourceUnavailable
from connectors.landing import extract
from tests.integration.extract_world import World, table
from tests.integration.mariadb_server import IS_INSTALLED, mariadb_server

ENGINES = ["sqlite", *(["mariadb"] if IS_INSTALLED else [])]
COLUMNS = {
    "id": {"type": "bigint", "nullable": False, "meaning": "id"},
    "name": {"type": "text", "meaning": "name"},
    "area": {"type": "numeric(10,1)", "meaning": "area"},
    "since": {"type": "date", "meaning": "since"},
    "is_main": {"type": "boolean", "meaning": "main"},
    "at": {"type": "timestamptz", "nullable": False, "meaning": "last update, local time without offset"},
}
CHANGES = {
    "columns": COLUMNS,
    "mode": "changes",
    "mark": {"column": "at", "overlap": "PT1H"},
    "reconcile": "every_run",
}
ROWS = 20_000


@pytest.fixture(scope="module", params=ENGINES)
def url(request):
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        if request.param == "sqlite":
            yield f"sqlite:///{folder}/things.db"
        else:
            with mariadb_server(Path(folder) / "mariadb") as made:
                yield made


@pytest.fixture
def engine(url):
    made = sa.create_engine(url)
    with made.begin() as conn:
        conn.exec_driver_sql("drop table if exists thing")
        conn.exec_driver_sql(
            "create table thing (id bigint primary key, name varchar(80), area numeric(10,1), since date, "
            "is_main boolean, at datetime not null)"
        )
        conn.exec_driver_sql(
            "insert into thing with recursive n(n) as (select 1 union all select n + 1 from n where n < 500) "
            "select a.n * 500 + b.n - 500, 'Thửa', 10.5, '2024-02-29', 1, '2026-01-01 07:00:00' from n a join n b "
            f"where a.n <= {ROWS // 500}"
        )
    yield made
    made.dispose()


@pytest.fixture
def world(tmp_path, warehouse, monkeypatch, url, engine):
    made = World(tmp_path, warehouse, monkeypatch)
    made.contract(url, kind="sql", tables={"thing": table(**CHANGES)})
    return made


def change(engine, *statements):
    with engine.begin() as conn:
        for statement in statements:
            conn.exec_driver_sql(statement)


def test_rows_arrive_in_the_types_of_the_contract_and_changes_follow(world, engine):
    (batch,) = extract("things")
    assert batch.inserted == ROWS
    first = world.live("id, name, area, since, is_main, at")[0]
    assert first == (1, "Thửa", Decimal("10.5"), date(2024, 2, 29), True, datetime(2026, 1, 1, tzinfo=UTC))
    change(
        engine,
        "update thing set name = 'Mới', at = '2026-02-01 07:00:00' where id = 3",
        "insert into thing select 99999, 'late', 1, since, 0, '2025-01-01 00:00:00' from thing where id = 1",
        "delete from thing where id = 7",
    )
    (batch,) = extract("things")
    assert (batch.inserted, batch.updated, batch.deleted) == (1, 1, 1)
    (batch,) = extract("things")
    assert (batch.changed, batch.rows_read) == (0, 1)


def test_an_emptied_table_deletes_nothing_and_a_changed_one_stops(world, engine):
    extract("things")
    change(engine, "create table kept as select * from thing", "delete from thing")
    with pytest.raises(ShrunkTooFar):
        extract("things")
    change(engine, "insert into thing select * from kept", "drop table kept", "alter table thing add column x text")
    with pytest.raises(ContractBroken, match=r"added x \(text\)"):
        extract("things")
    assert world.rows("select count(*) from raw.things__thing where _deleted_at is null") == [(ROWS,)]


def test_an_unreachable_server_may_be_tried_again(world):
    world.contract("mysql+pymysql://root@127.0.0.1:1/things", kind="sql", tables={"thing": table(**CHANGES)})
    with pytest.raises(SourceUnavailable):
        extract("things")
