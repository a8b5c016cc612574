"""Break the land registry: the real table is put aside untouched, and a damaged copy takes its place."""

import psycopg
from psycopg import sql

from connectors.settings import setting
from infra.demo.land_registry import OPTIONS, READER

TABLE, ASIDE = "dc_thuadat", "put_aside"

# Each statement works on the copy. Changed rows get a new time of update, as a working system would give them.
STATEMENTS = {
    "column_missing": "alter table dc.dc_thuadat drop column dientichphaply",
    "column_added": "alter table dc.dc_thuadat add column ghichu text",
    "column_retyped": "alter table dc.dc_thuadat alter column dientich type text",
    "table_empty": "truncate dc.dc_thuadat",
    "table_missing": "drop table dc.dc_thuadat",
    "wrong_zone": """
        update dc.dc_thuadat set hetoado = 9209, geom = st_setsrid(geom, 9209), capnhatluc = now() where vpdk = '37'
    """,
    "rows_gone": "delete from dc.dc_thuadat where thuadatid % 5 < 2",
    "mass_delete": "delete from dc.dc_thuadat where thuadatid % 100 < 8",
    "keys_duplicated": """
        with repeated as (
            update dc.dc_thuadat set capnhatluc = now() where thuadatid % 97 = 0 returning *
        )
        insert into dc.dc_thuadat select * from repeated
    """,
    "mark_went_back": "update dc.dc_thuadat set capnhatluc = capnhatluc - interval '60 days'",
    "mark_missing": "update dc.dc_thuadat set capnhatluc = null where thuadatid % 50 = 0",
}


def break_land(fault: str) -> None:
    """Put the parcel table aside and leave a copy with the fault in its place, in one transaction."""
    with _connect() as connection:
        connection.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(ASIDE)))
        connection.execute(f"alter table dc.{TABLE} set schema {ASIDE}")
        connection.execute(f"create table dc.{TABLE} as table {ASIDE}.{TABLE}")
        connection.execute(f"grant select on dc.{TABLE} to {READER}")
        connection.execute(STATEMENTS[fault])


def repair_land() -> None:
    """Bring the table back that was put aside; nothing happens if none was."""
    with _connect() as connection:
        row = connection.execute("select to_regclass(%s)", [f"{ASIDE}.{TABLE}"]).fetchone()
        if row is None or row[0] is None:
            return
        connection.execute(f"drop table if exists dc.{TABLE}")
        connection.execute(f"alter table {ASIDE}.{TABLE} set schema dc")


def _connect() -> psycopg.Connection:
    return psycopg.connect(setting("LIENTHONG_DSN_DEMO_LAND"), options=OPTIONS)
