"""Make the demonstration sources: fill what is not there yet, start the servers, tell the connectors where they are.

Needs a running cluster (`infra.cluster.start_cluster`). Repeatable: the same scale and seed change nothing, others make
everything anew; what an interrupted call left half-made is made again. Also `python -m infra.demo.setup --scale 0.02`.
"""

import argparse
import json
import shutil
import time
from datetime import date

import psycopg

from connectors.settings import setting
from infra.demo import (
    air_observations,
    breakage,
    environment_permits,
    land_exports,
    land_registry,
    mineral_cadastre,
    monitoring_feed,
    places,
    protected_areas,
)
from infra.demo.demo_databases import ensure_databases, filled_with, mark_filled
from infra.demo.ground_truth import Fault, write_ground_truth
from infra.demo.land_faults import damage_land
from infra.demo.land_holding_faults import damage_parties
from infra.demo.land_identity_faults import damage_identities
from infra.demo.land_place_faults import damage_places
from infra.demo.mineral_second_sources import write_workbook
from infra.demo.source_servers import start_servers, stop_servers
from infra.demo.vn2000_faults import damage_coordinates
from infra.demo.zone_place_faults import take_area_to_another_zone
from infra.locks import locked
from infra.settings_file import prepare_home, write_private

# Raised when the generator makes other rows than before, so that existing homes are filled anew.
GENERATION = 15
MARK = "filled_with.json"


def ensure_sources(scale: float, seed: int) -> None:
    """All sources ready to be read; prints what it does."""
    folder = prepare_home(places.demo_folder())
    with locked(folder / "setup.lock", on_wait=lambda: _tell("another process makes the sources; waiting")):
        if breakage.active_fault():
            _tell(f"the sources are broken on purpose ({breakage.active_fault()}); repairing them first")
            breakage.repair()
        mark = json.dumps({"generation": GENERATION, "scale": scale, "seed": seed}, sort_keys=True)
        ensure_databases()
        if _current_marks() != {mark}:
            stop_servers()
            _fill(mark, scale=scale, seed=seed, today=places.local_today())
        start_servers()
        _tell("land registry, mineral cadastre, permit register, monitoring feed, air observations: ready")


def _current_marks() -> set[str | None]:
    path = places.demo_folder() / MARK
    files = path.read_text(encoding="utf-8") if path.exists() else None
    return {files, filled_with("LAND"), filled_with("MINERAL")}


def _fill(mark: str, *, scale: float, seed: int, today: date) -> None:
    (places.demo_folder() / MARK).unlink(missing_ok=True)
    faults = _fill_land(mark, scale=scale, seed=seed, today=today)
    count = faults_per_kind(scale)
    faults += _fill_exports(scale, seed=seed, today=today, count=count)
    faults += _fill_protected_areas(seed=seed, today=today)
    faults += _fill_minerals(mark, seed=seed, today=today, count=count)
    register, permit_faults = environment_permits.make_register(seed=seed, today=today, count=count)
    write_private(places.register_path(), json.dumps(register, ensure_ascii=False, indent=1))
    shutil.rmtree(places.feed_folder(), ignore_errors=True)
    feed_faults = monitoring_feed.write_feed(
        places.feed_folder(), register["facilities"], seed=seed, today=today, count=count
    )
    _tell(f"{len(register['permits'])} permits, {monitoring_feed.DAYS} days of monitoring files")
    faults += permit_faults + feed_faults + _fill_air(seed=seed, today=today, count=count)
    number = write_ground_truth(places.ground_truth_path(), faults)
    _tell(f"{number} faults injected on purpose, listed in {places.ground_truth_path()}")
    write_private(places.demo_folder() / MARK, mark)


def faults_per_kind(scale: float) -> int:
    """How many rows of each fault kind: one in a small copy, two from a quarter of the full size on."""
    return 1 if scale < 0.25 else 2


def _fill_land(mark: str, *, scale: float, seed: int, today: date) -> list[Fault]:
    started = time.monotonic()
    _tell(f"generating the land registry at scale {scale:g} (invented parcels inside the real communes of Ninh Bình)")
    tables = land_registry.make_tables(scale, seed=seed, today=today)
    count = faults_per_kind(scale)
    faults = damage_land(tables, seed=seed, count=count) + damage_parties(tables, count)
    faults += damage_coordinates(tables, seed=seed, count=count) + damage_identities(tables, seed=seed, count=count)
    faults += damage_places(tables, seed=seed, count=count)
    with psycopg.connect(setting("LIENTHONG_DSN_DEMO_LAND"), options=land_registry.OPTIONS) as connection:
        rows = land_registry.fill_database(connection, tables)
        mark_filled(connection, "LAND", mark)
    _tell(f"{len(tables['parcel']['thuadatid']):,} parcels, {rows:,} rows in {time.monotonic() - started:.0f} s")
    return faults


def _fill_exports(scale: float, *, seed: int, today: date, count: int) -> list[Fault]:
    exports = land_exports.make_exports(scale, seed=seed, today=today)
    faults = land_exports.damage_exports(exports, seed=seed, count=count)
    parcels = land_exports.write_exports(places.exports_folder(), exports)
    faults += land_exports.leave_rings_open(places.exports_folder(), exports, seed=seed, count=count)
    _tell(f"{parcels:,} parcels of another former province, in {len(exports)} files")
    return faults


def _fill_protected_areas(*, seed: int, today: date) -> list[Fault]:
    areas = protected_areas.make_areas(seed=seed, today=today)
    faults = protected_areas.damage_areas(areas)
    areas, place_faults = take_area_to_another_zone(areas, seed=seed)
    number = protected_areas.write_areas(places.protected_areas_folder(), areas)
    _tell(f"{number} protected areas (invented, inside the real communes)")
    return faults + place_faults


def _fill_air(*, seed: int, today: date, count: int) -> list[Fault]:
    """What the SensorThings service is filled with when it starts."""
    stations, faults = air_observations.make_network(seed=seed, today=today, count=count)
    for old in places.demo_folder().glob(f"{places.air_database_path().name}*"):
        old.unlink()
    number = air_observations.write_network(places.air_entities_path(), stations)
    _tell(f"{len(stations)} stations of the national network, {number:,} observations")
    return faults


def _fill_minerals(mark: str, *, seed: int, today: date, count: int) -> list[Fault]:
    tables, faults = mineral_cadastre.make_tables(seed=seed, today=today, count=count)
    with psycopg.connect(setting("LIENTHONG_DSN_DEMO_MINERAL"), options="-c timezone=UTC") as connection:
        mineral_cadastre.fill_database(connection, tables)
        mark_filled(connection, "MINERAL", mark)
    rows, workbook_faults = mineral_cadastre.make_workbook(seed=seed, today=today, count=count)
    write_workbook(places.workbooks_folder(), rows)
    licences, zones = len(tables["licence"]["giay_phep_id"]), len(tables["zone"]["khu_vuc_id"])
    _tell(f"{licences} licences, {zones} zones, {len(rows)} corners in a workbook")
    return faults + workbook_faults


def _tell(text: str) -> None:
    print(f"demo sources: {text}", flush=True)


def main() -> None:
    """Make the sources of the home in the environment."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="1.0 is 200,000 parcels")
    parser.add_argument("--seed", type=int, default=20260330)
    options = parser.parse_args()
    ensure_sources(options.scale, options.seed)


if __name__ == "__main__":
    main()
