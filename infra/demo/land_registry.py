"""The land registry as a whole: generate its tables, damage some rows on purpose, fill the database."""

from datetime import date

import psycopg

from infra.demo.columns import Columns
from infra.demo.land_parcels import make_parcels
from infra.demo.land_restrictions import make_restrictions
from infra.demo.land_rights import make_rights
from infra.demo.land_uses import make_land_uses
from infra.demo.source_tables import contract_tables, create_table, fill_table, index_table

SYSTEM = "land_registry"
MARK_INDEX = "vpdk,capnhatluc"
READER = "land_reader"
OPTIONS = "-c synchronous_commit=off -c timezone=UTC -c maintenance_work_mem=256MB"


def make_tables(scale: float, *, seed: int, today: date) -> dict[str, Columns]:
    """All tables of the contract without a fault: every row satisfies every rule."""
    tables = {"parcel": make_parcels(scale, seed=seed, today=today)}
    tables["land_use"] = make_land_uses(tables["parcel"], seed=seed, today=today)
    tables |= make_rights(tables["parcel"], seed=seed, today=today)
    return tables | make_restrictions(tables, seed=seed, today=today)


def fill_database(connection: psycopg.Connection, tables: dict[str, Columns]) -> int:
    """Replace the tables of schema `dc`; returns the number of rows. Nothing is seen of it before the commit."""
    rows = 0
    connection.execute("create schema if not exists dc")
    for name, contract in contract_tables(SYSTEM).items():
        create_table(connection, contract)
        rows += fill_table(connection, contract, tables[name])
        has_parcel = name != "parcel" and "thuadatid" in contract["columns"]
        index_table(connection, contract, more=(MARK_INDEX, "thuadatid") if has_parcel else (MARK_INDEX,))
    connection.execute(f"grant usage on schema dc to {READER}")
    connection.execute(f"grant select on all tables in schema dc to {READER}")
    return rows
