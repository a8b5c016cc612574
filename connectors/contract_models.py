"""What a source contract says, as frozen models that refuse what they do not understand.

Reading the YAML files is in `contracts.py`, which is also the door through which others import these models.
"""

import hashlib
import json
import re
from datetime import timedelta
from typing import Annotated, Any, Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from connectors.column_types import ColumnType, column_type

WHOLE = "all"
"""The name of the one partition of a table that has none."""

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
Share = Annotated[float, Field(ge=0, le=1)]
Duration = Annotated[timedelta, Field(gt=timedelta(0))]
_VIETNAM = (102.0, 7.0, 118.0, 24.0)


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ColumnContract(_Strict):
    """One column of a source table."""

    name: Name
    type: str
    nullable: bool = True
    unit: str | None = None
    meaning: str
    personal: Literal["none", "pseudonymise", "drop"] = "none"

    @field_validator("type")
    @classmethod
    def _known_type(cls, value: str) -> str:
        column_type(value)
        return value

    @property
    def typed(self) -> ColumnType:
        """The column's type as both ends name it."""
        return column_type(self.type)


class GeometryContract(_Strict):
    """The geometry column: its SRID is stated once, or row by row in `srid_column`.

    `type` Geometry takes every type, for registers that mix them.
    `extent` (west, south, east, north in degrees, WGS 84) is where the register's ground lies; default Vietnam.
    """

    column: Name
    type: Literal["Geometry", "Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon"]
    srid: Annotated[int, Field(gt=0)] | None = None
    srid_column: Name | None = None
    nullable: bool = True
    extent: tuple[float, float, float, float] = _VIETNAM

    @model_validator(mode="after")
    def _one_srid(self) -> "GeometryContract":
        if (self.srid is None) == (self.srid_column is None):
            raise ValueError("geometry needs exactly one of srid and srid_column")
        west, south, east, north = self.extent
        if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
            raise ValueError("extent is west, south, east, north in degrees")
        return self


class MarkContract(_Strict):
    """The column that grows with every change, how far back each read starts, and what a null in it means."""

    column: Name
    overlap: timedelta = timedelta(hours=1)
    when_missing: Literal["stop", "read"] = "stop"


class FreshnessContract(_Strict):
    """The age of the last accepted data at which people are warned, and at which it no longer counts."""

    warn: Duration
    stop: Duration


class VolumeContract(_Strict):
    """Ceilings per partition; beyond them a person looks before anything is written."""

    min_rows: Annotated[int, Field(ge=0)] = 1
    max_shrink: Share = 0.10
    max_delete: Share = 0.05
    max_rejected: Share = 0.01


class FileColumns(_Strict):
    """The columns that say which file, and which line of it, a row stands in."""

    name: Name
    line: Name


class LineSeries(_Strict):
    """Two columns that the order of the lines gives: is a line behind a later one of its series; how long is its run.

    `by` names the series, `time` is text of fourteen digits, a run is of lines that are equal in all of `value`.
    """

    by: Name
    time: Name
    value: Annotated[tuple[Name, ...], Field(min_length=1)]
    behind: Name
    run: Name

    @property
    def columns(self) -> list[str]:
        """All columns that are named here."""
        return [self.by, self.time, *self.value, self.behind, self.run]


class FormatContract(_Strict):
    """How a file or answer is laid out, where that is not what its kind says anyway.

    `encoding` is how the text in a GeoPackage or Shapefile really is written, whatever the file says of itself.
    """

    encoding: Literal["utf-8", "cp1258", "tcvn3"] = "utf-8"
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    header: bool = True
    file_columns: FileColumns | None = None
    series: LineSeries | None = None
    rename: dict[str, Name] = {}
    ignore: tuple[str, ...] = ()
    row_number: Name | None = None
    items: str | None = None
    layer: str | None = None


class TableContract(_Strict):
    """One table of a source system. `indexes` are columns by which the build looks rows up again."""

    name: Name
    source: str
    meaning: str
    key: Annotated[tuple[Name, ...], Field(min_length=1)]
    mode: Literal["snapshot", "changes", "append"]
    mark: MarkContract | None = None
    reconcile: Literal["every_run", "full_only"] = "full_only"
    format: FormatContract = FormatContract()
    indexes: tuple[Name, ...] = ()
    columns: tuple[ColumnContract, ...]
    geometry: GeometryContract | None = None
    freshness: FreshnessContract
    volume: VolumeContract = VolumeContract()

    @model_validator(mode="before")
    @classmethod
    def _name_columns(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("columns"), dict):
            return {**data, "columns": [{"name": name, **column} for name, column in data["columns"].items()]}
        return data

    @model_validator(mode="after")
    def _columns_exist(self) -> "TableContract":
        columns = {column.name: column for column in self.columns}
        needed = [*self.key, *self.indexes, *([self.mark.column] if self.mark else [])]
        needed += [self.geometry.srid_column] if self.geometry and self.geometry.srid_column else []
        needed += self.format.series.columns if self.format.series else []
        missing = sorted(set(needed) - set(columns))
        if missing:
            raise ValueError(f"{self.name}: {', '.join(missing)} is used but not among the columns")
        if any(columns[name].nullable for name in self.key):
            raise ValueError(f"{self.name}: the key columns must say nullable: false")
        if (self.mode == "changes") != (self.mark is not None):
            raise ValueError(f"{self.name}: mode changes needs a mark, and only mode changes has one")
        if self.geometry and self.geometry.column in columns:
            raise ValueError(f"{self.name}: {self.geometry.column} stands both in columns and in geometry")
        return self

    @property
    def column_names(self) -> tuple[str, ...]:
        """All column names in contract order, the geometry column last."""
        return (*(c.name for c in self.columns), *([self.geometry.column] if self.geometry else []))

    @property
    def key_and_mark(self) -> tuple[str, ...]:
        """The key columns, and the mark column if there is one."""
        return tuple(dict.fromkeys([*self.key, *([self.mark.column] if self.mark else [])]))

    def column(self, name: str) -> ColumnContract:
        """The column of that name; KeyError where there is none (the geometry column is not one)."""
        return {column.name: column for column in self.columns}[name]

    @property
    def arrow_schema(self) -> pa.Schema:
        """The schema of rows under way: the columns of the contract, then the geometry as WKB."""
        fields = [pa.field(column.name, column.typed.arrow) for column in self.columns]
        return pa.schema([*fields, *([pa.field(self.geometry.column, pa.binary())] if self.geometry else [])])

    @property
    def shape_sha256(self) -> str:
        """Changes when the rows of the table have to be read anew: columns, key, geometry, place or format."""
        return _sha256(self.model_dump(mode="json", include={"source", "key", "columns", "geometry", "format", "mode"}))


class AccessContract(_Strict):
    """How the system is reached: the access method and the name of the connection in the settings."""

    kind: Literal["sql", "ogc_features", "http_json", "sftp_lines", "files", "sensorthings"]
    connection: Name
    page_size: Annotated[int, Field(gt=0, le=10_000)] = 500
    items: str = "items"
    total: str = "total"


class PartitionsContract(_Strict):
    """The column that divides every table of the system, and its values with a readable name each."""

    column: Name
    values: Annotated[dict[str, str], Field(min_length=1)]

    @field_validator("values")
    @classmethod
    def _safe_values(cls, values: dict[str, str]) -> dict[str, str]:
        bad = [value for value in values if value == WHOLE or not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", value)]
        if bad:
            raise ValueError(f"a partition value is letters, digits, - and _, and not {WHOLE!r}: {bad}")
        return values


class SourceContract(_Strict):
    """One source system."""

    system: Name
    title: dict[Literal["vi", "en"], str]
    owner: dict[Literal["agency", "steward"], str]
    legal_basis: str
    access: AccessContract
    schedule: str
    timezone: str
    partitions: PartitionsContract | None = None
    tables: tuple[TableContract, ...]

    @model_validator(mode="before")
    @classmethod
    def _name_tables(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("tables"), dict):
            return {**data, "tables": [{"name": name, **table} for name, table in data["tables"].items()]}
        return data

    @model_validator(mode="after")
    def _partitioned_everywhere(self) -> "SourceContract":
        for table in self.tables:
            if self.partitions and self.partitions.column not in table.column_names:
                raise ValueError(f"{table.name}: the partition column {self.partitions.column} is not in it")
            if table.mode == "changes" and self.access.kind not in ("sql", "sensorthings"):
                raise ValueError(f"{table.name}: mode changes is for kind sql and kind sensorthings")
            if table.reconcile == "every_run" and self.access.kind == "sensorthings":
                raise ValueError(f"{table.name}: kind sensorthings cannot list keys; say reconcile: full_only")
            if table.mode == "append" and self.access.kind != "sftp_lines":
                raise ValueError(f"{table.name}: mode append is for kind sftp_lines")
        return self

    def table(self, name: str) -> TableContract:
        """The table of that name; KeyError where there is none."""
        return {table.name: table for table in self.tables}[name]

    @property
    def partition_names(self) -> tuple[str, ...]:
        """The partitions in contract order, or the one name `all`."""
        return tuple(self.partitions.values) if self.partitions else (WHOLE,)

    @property
    def sha256(self) -> str:
        """Of everything the contract says; stands in every manifest and batch."""
        return _sha256(self.model_dump(mode="json"))


def _sha256(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
