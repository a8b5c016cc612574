"""A small source system of a test's own: its contract in a project folder, and the connection in the environment."""

from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from tests.conftest import Warehouse

COLUMNS = {
    "id": {"type": "bigint", "nullable": False, "meaning": "id"},
    "office": {"type": "text", "nullable": False, "meaning": "office"},
    "name": {"type": "text", "personal": "drop", "meaning": "name"},
    "area": {"type": "numeric(10,1)", "unit": "m2", "meaning": "area"},
    "since": {"type": "date", "meaning": "since"},
    "zone": {"type": "integer", "meaning": "zone"},
    "at": {"type": "timestamptz", "nullable": False, "meaning": "last update"},
}
CHANGES = {
    "source": "reg.thing",
    "columns": COLUMNS,
    "mode": "changes",
    "mark": {"column": "at", "overlap": "PT1H"},
    "reconcile": "every_run",
    "geometry": {"column": "geom", "type": "MultiPolygon", "srid_column": "zone"},
}
MAKE = """
create schema reg;
create table reg.thing (
    id bigint primary key, office varchar(2) not null, name text, area numeric(10,1), since date, zone integer,
    at timestamptz not null, geom geometry
);
insert into reg.thing
select n, case when n % 2 = 0 then '36' else '37' end, 'Người ' || n, n + 0.5, date '2020-01-01' + n, 5897,
    timestamptz '2026-01-01 00:00+00' + n * interval '1 day',
    st_multi(st_makeenvelope(580000 + n, 2240000, 580000.5 + n, 2240001, 5897))
from generate_series(1, 20) as n
"""


class World:
    """A contract in a project folder of its own, and the warehouse that it is loaded into."""

    def __init__(self, folder: Path, warehouse: Warehouse, patch: pytest.MonkeyPatch) -> None:
        self.warehouse, self._folder, self._patch = warehouse, folder / "connectors" / "sources", patch
        self._folder.mkdir(parents=True)
        patch.setenv("LIENTHONG_PROJECT", str(folder))

    def contract(self, url: str, *, kind: str, tables: dict[str, Any], **more: Any) -> None:
        """Writes the contract of the system `things` and points its connection at a URL."""
        self._patch.setenv("LIENTHONG_CONN_THINGS", url)
        access = {"kind": kind, "connection": "things", "page_size": 3} | more.pop("access", {})
        text = {
            "system": "things",
            "title": {"vi": "Vật", "en": "Things"},
            "owner": {"agency": "Sở"},
            "legal_basis": "none",
            "access": access,
            "schedule": "0 1 * * *",
            "timezone": "Asia/Ho_Chi_Minh",
            "tables": tables,
        }
        (self._folder / "things.yml").write_text(
            yaml.safe_dump(text | more, allow_unicode=True, sort_keys=False), encoding="utf-8"
        )

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """The answer of the warehouse to a query."""
        with self.warehouse.connect("admin") as conn:
            return conn.execute(statement, values or None).fetchall()

    def live(self, columns: str = "id, name") -> list[tuple[Any, ...]]:
        """The live rows of raw.things__thing in the order of their key."""
        return self.rows(f"select {columns} from raw.things__thing where _deleted_at is null order by 1")

    def ledger(self) -> list[tuple[str, dict[str, Any]]]:
        """The ledger's entries, kind and payload."""
        return self.rows("select kind, payload from audit.ledger order by seq")


def table(**changes: Any) -> dict[str, Any]:
    """The contract of a table `thing(id, name)`."""
    whole = {
        "source": "thing",
        "meaning": "Things.",
        "key": ["id"],
        "mode": "snapshot",
        "columns": {
            "id": {"type": "bigint", "nullable": False, "meaning": "id"},
            "name": {"type": "text", "meaning": "name"},
        },
        "freshness": {"warn": "P1D", "stop": "P2D"},
        "volume": {"min_rows": 1, "max_shrink": 0.5, "max_delete": 0.5},
    }
    return whole | changes


def run(dsn: str, *statements: str) -> None:
    """Statements in one transaction of a source database."""
    with psycopg.connect(dsn) as conn:
        for statement in statements:
            conn.execute(statement)
