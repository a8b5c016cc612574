"""Tables of the SQL demonstration sources: made from the contract, which thereby is their shape, and filled by COPY."""

import io
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.csv
import shapely
import yaml
from psycopg import sql

from connectors.settings import project_root
from infra.demo.columns import Columns

ARROW_TYPES = {
    "text": pa.string(),
    "bigint": pa.int64(),
    "integer": pa.int32(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamptz": pa.timestamp("s"),
}
SQL_TYPES = {"double": "double precision"}


def contract_tables(system: str) -> dict[str, dict[str, Any]]:
    """The tables of a contract as written; validation is the business of `connectors.contracts`."""
    text = (project_root() / "connectors" / "sources" / f"{system}.yml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text)["tables"])


def create_table(connection: psycopg.Connection, contract: dict[str, Any]) -> None:
    """Make the table empty and without keys; an older one of that name is dropped."""
    name = qualified(contract["source"])
    lines = [
        sql.SQL(
            "{} "
            + SQL_TYPES.get(column["type"], column["type"])
            + ("" if column.get("nullable", True) else " not null")
        ).format(sql.Identifier(column_name))
        for column_name, column in contract["columns"].items()
    ]
    if "geometry" in contract:
        lines.append(sql.SQL("{} geometry").format(sql.Identifier(contract["geometry"]["column"])))
    connection.execute(sql.SQL("drop table if exists {} cascade").format(name))
    connection.execute(sql.SQL("create table {} ({})").format(name, sql.SQL(", ").join(lines)))


def fill_table(connection: psycopg.Connection, contract: dict[str, Any], columns: Columns) -> int:
    """Append the rows; returns how many. Geometries carry the SRID that their row states."""
    table = arrow_table(contract, columns)
    names = sql.SQL(", ").join(map(sql.Identifier, table.column_names))
    statement = sql.SQL("copy {} ({}) from stdin with (format csv)").format(qualified(contract["source"]), names)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for start in range(0, table.num_rows, 20_000):
            buffer = io.BytesIO()
            options = pyarrow.csv.WriteOptions(include_header=False)
            pyarrow.csv.write_csv(table.slice(start, 20_000), buffer, options)
            copy.write(buffer.getbuffer())
    return table.num_rows


def index_table(connection: psycopg.Connection, contract: dict[str, Any], *, more: tuple[str, ...] = ()) -> None:
    """Primary key of the contract, and indexes as a working system has them."""
    name = qualified(contract["source"])
    key = sql.SQL(", ").join(map(sql.Identifier, contract["key"]))
    connection.execute(sql.SQL("alter table {} add primary key ({})").format(name, key))
    for columns in more:
        parts = sql.SQL(", ").join(map(sql.Identifier, columns.split(",")))
        connection.execute(sql.SQL("create index on {} ({})").format(name, parts))
    if "geometry" in contract:
        geometry = sql.Identifier(contract["geometry"]["column"])
        connection.execute(sql.SQL("create index on {} using gist ({})").format(name, geometry))
    connection.execute(sql.SQL("analyze {}").format(name))


def arrow_table(contract: dict[str, Any], columns: Columns) -> pa.Table:
    """The columns of the contract, in its order."""
    arrays = {name: _array(columns[name], column["type"]) for name, column in contract["columns"].items()}
    if "geometry" in contract:
        arrays[contract["geometry"]["column"]] = _geometry(contract["geometry"], columns)
    return pa.table(arrays)


def qualified(source: str) -> sql.Identifier:
    """`schema.table` as an identifier."""
    return sql.Identifier(*source.split("."))


def _array(values: np.ndarray, kind: str) -> pa.Array:
    if kind.startswith("numeric"):
        return pa.array(values, pa.float64(), from_pandas=True)
    return pa.array(values, ARROW_TYPES[kind], from_pandas=True)


def _geometry(contract: dict[str, Any], columns: Columns) -> pa.Array:
    srid = columns[contract["srid_column"]].astype(int) if "srid_column" in contract else contract["srid"]
    polygons = columns[contract["column"]]
    single = shapely.get_type_id(polygons) == 3
    multi = polygons.copy()
    multi[single] = shapely.multipolygons(polygons[single], indices=np.arange(int(single.sum())))
    return pa.array(shapely.to_wkb(shapely.set_srid(multi, srid), hex=True, include_srid=True), pa.string())
