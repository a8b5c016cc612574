"""The monitoring feed as a whole: a station list and fourteen days of files up to yesterday."""

from datetime import date, timedelta
from pathlib import Path

from infra.demo.environment_facilities import Row
from infra.demo.ground_truth import Fault
from infra.demo.monitoring_faults import damage_readings
from infra.demo.monitoring_files import PER_DAY, make_readings, midnight, write_days, write_station_list
from infra.demo.monitoring_order_faults import disorder_readings
from infra.demo.monitoring_stations import damage_stations, make_stations
from infra.demo.vn2000_site_faults import damage_station_coordinates

DAYS = 14


def write_feed(folder: Path, facilities: list[Row], *, seed: int, today: date, count: int) -> list[Fault]:
    """Write the folder that the SFTP server shows; `today` is the local date. Returns what was damaged."""
    stations = make_stations(facilities, seed=seed, today=today)
    start = midnight(today - timedelta(days=DAYS))
    readings = [make_readings(station, seed=seed, start=start, count=DAYS * PER_DAY) for station in stations]
    faults = damage_readings(readings, seed=seed, count=count)
    faults += disorder_readings(readings, seed=seed, count=count, others=faults)
    for station in readings:
        write_days(folder, station, seed=seed)
    added, station_faults = damage_stations(stations, count)
    misplaced, coordinate_faults = damage_station_coordinates(stations, seed=seed)
    write_station_list(folder, stations + added + misplaced)
    return faults + station_faults + coordinate_faults
