"""Raw tables filled with what the demonstration sources would send, without servers between: for tests of models."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
import shapely
from psycopg import sql

from connectors.contracts import load_contract
from connectors.settings import warehouse_dsn
from connectors.sources._line_order import LineOrder
from infra.demo.air_observations import make_network
from infra.demo.air_stations import as_entities
from infra.demo.environment_facilities import make_facilities
from infra.demo.environment_permits import make_register
from infra.demo.ground_truth import Fault
from infra.demo.mineral_cadastre import make_tables, make_workbook
from infra.demo.monitoring_faults import damage_readings
from infra.demo.monitoring_files import PER_DAY, Readings, file_name, make_readings, midnight
from infra.demo.monitoring_order_faults import disorder_readings
from infra.demo.monitoring_stations import HEADER, damage_stations, make_stations
from infra.demo.protected_areas import ZONE, damage_areas, make_areas
from infra.demo.vn2000_site_faults import damage_station_coordinates
from infra.demo.zone_place_faults import take_area_to_another_zone

TODAY = date(2026, 11, 21)
SEED = 11
DAYS = 3
LOADED = datetime(2026, 11, 21, tzinfo=UTC)
CORNER = ("so_giay_phep", "khoi", "thu_tu", "ten_diem", "x", "y", "he_toa_do")
SENT = ("ky_hieu", "gia_tri", "don_vi", "thoi_gian", "trang_thai")
LINE = ("file_name", "line_no", *SENT, "is_behind", "run_length")
STREAM = ("datastream_id", "thing_id", "parameter", "unit", "averaging")
OBSERVED = ("observation_id", "datastream_id", "observed_at", "result_at", "result", "status")


def load(table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, change_no: int = 1) -> None:
    """Adds rows to a raw table as one batch; the last columns of a shorter row stay empty."""
    names = sql.SQL(", ").join(map(sql.Identifier, [*columns, "_row_hash", "_batch_id", "_change_no", "_loaded_at"]))
    target = sql.SQL("copy {} ({}) from stdin").format(sql.Identifier("raw", table), names)
    with psycopg.connect(warehouse_dsn("lt_loader")) as connection, connection.cursor().copy(target) as copy:
        for row in rows:
            rest = [None] * (len(columns) - len(row))
            copy.write_row([*map(_plain, row), *rest, b"\x00", change_no, change_no, LOADED])


def load_columns(table: str, columns: Mapping[str, Any], **options: Any) -> None:
    """Adds a table of the generator, column by column, without the generator's own notes (`_is_new`)."""
    sent = {name: values for name, values in columns.items() if not name.startswith("_")}
    load(table, list(sent), list(zip(*sent.values(), strict=True)), **options)


def load_minerals(*, count: int) -> list[Fault]:
    """Loads licences, corners, polygons, zones and the workbook of corners with `count` faults of every kind."""
    tables, faults = make_tables(seed=SEED, today=TODAY, count=count)
    for name, columns in tables.items():
        if "geom" in columns:
            columns["geom"] = shapely.set_srid(columns["geom"], 4326)
        load_columns(f"mineral_cadastre__{name}", columns)
    rows, workbook_faults = make_workbook(seed=SEED, today=TODAY, count=count)
    load("mineral_workbooks__licence_corner", CORNER, rows)
    return faults + workbook_faults


def load_protected_areas() -> list[Fault]:
    """Loads the protected areas with one fault of every kind."""
    areas = make_areas(seed=SEED, today=TODAY)
    faults = damage_areas(areas)
    areas, place_faults = take_area_to_another_zone(areas, seed=SEED)
    areas["geom"] = shapely.set_srid(areas["geom"], ZONE)
    load_columns("protected_areas__area", areas)
    return faults + place_faults


def load_register(*, count: int) -> list[Fault]:
    """Loads permits, facilities and decisions with `count` faults of every kind."""
    lists, faults = make_register(seed=SEED, today=TODAY, count=count)
    for table, name in (("permit", "permits"), ("facility", "facilities"), ("eia_decision", "eia_decisions")):
        rows = lists[name]
        load(f"environment_permits__{table}", list(rows[0]), [list(row.values()) for row in rows])
    return faults


def load_stations(*, count: int) -> tuple[list[Readings], list[Fault]]:
    """Loads the stations; returns the damaged readings of 14 of them for a few days, not yet loaded."""
    stations = make_stations(make_facilities(seed=SEED, today=TODAY), seed=SEED, today=TODAY)
    start = midnight(TODAY - timedelta(days=DAYS))
    sending = stations[12:24] + stations[27:29]  # the last two are of ambient air
    readings = [make_readings(station, seed=SEED, start=start, count=DAYS * PER_DAY) for station in sending]
    faults = damage_readings(readings, seed=SEED, count=count)
    faults += disorder_readings(readings, seed=SEED, count=count, others=faults)
    added, station_faults = damage_stations(stations, count)
    misplaced, coordinate_faults = damage_station_coordinates(stations, seed=SEED)
    rows = [[row[name] or None for name in HEADER] for row in stations + added + misplaced]
    load("monitoring_feed__station", HEADER, rows)
    return readings, faults + station_faults + coordinate_faults


def load_network(*, count: int) -> list[Fault]:
    """Loads the national network as its service answers, with `count` faults of every kind."""
    stations, faults = make_network(seed=SEED, today=TODAY, count=count)
    things, streams, observed = [], [], []
    for thing in as_entities(stations)["things"]:
        place = shapely.set_srid(shapely.Point(thing["location"]), 4326)
        things.append([thing["id"], thing["name"], *thing["properties"].values(), place])
        for one in thing["datastreams"]:
            streams.append([one["id"], thing["id"], one["parameter"], one["unit"], one["averaging"]])
            observed += [observation_row(one["id"], row) for row in one["observations"]]
    properties = list(as_entities(stations[:1])["things"][0]["properties"])
    load("air_observations__thing", ["thing_id", "ten_tram", *properties, "geom"], things)
    load("air_observations__datastream", STREAM, streams)
    load("air_observations__observation", OBSERVED, observed)
    return faults


def observation_row(datastream: str, row: Mapping[str, Any]) -> list[Any]:
    """An observation in the form of a raw row."""
    times = [row["phenomenonTime"], row["resultTime"]]
    return [row["id"], datastream, *times, row["result"], row["resultQuality"]["status"]]


def day_lines(readings: Sequence[Readings], day: int) -> list[list[Any]]:
    """The lines of one day, in the form of raw rows."""
    series = load_contract("monitoring_feed").table("observation").format.series
    assert series is not None
    rows = []
    for station in readings:
        name = f"data/{station.station}/{file_name(station.station, station.time_in_name(day))}"
        lines = [line.split("\t") for line in station.lines(day * PER_DAY, (day + 1) * PER_DAY)]
        block = {column: pa.array(texts) for column, texts in zip(SENT, zip(*lines, strict=True), strict=True)}
        order = LineOrder(series).columns(block)
        told = zip(*(order[column].to_pylist() for column in LINE[-2:]), strict=True)
        rows += [[name, number, *line, *facts] for number, (line, facts) in enumerate(zip(lines, told, strict=True), 1)]
    return rows


def _plain(value: Any) -> Any:
    if isinstance(value, shapely.Geometry):
        return shapely.to_wkb(value, hex=True, include_srid=True)
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else str(value)
    return value.item() if isinstance(value, np.generic) else value
