"""Break the services and the feed: wrong answers by the disturbance file, stopped servers, files that are no files."""

import json
from datetime import timedelta
from pathlib import Path

from infra.demo import places
from infra.demo.columns import stream
from infra.demo.monitoring_files import file_path, make_readings, time_in_name
from infra.demo.source_servers import SERVERS
from infra.processes import stop_service
from infra.settings_file import write_private

MINERAL, PERMITS, FEED, AIR = SERVERS
STATION = {"ma_tram": "NBNT001", "loai": "NUOC_THAI"}

DISTURBANCES = {
    "service_html": {"environment_permits": "html"},
    "service_short": {"environment_permits": "short"},
    "mineral_html": {"mineral_cadastre": "html"},
    "mineral_short": {"mineral_cadastre": "short"},
    "air_html": {"air_observations": "html"},
    "air_short": {"air_observations": "short"},
}
STOPPED = {"service_down": PERMITS, "mineral_down": MINERAL, "sftp_down": FEED, "air_down": AIR}
FILES = ("truncated_file", "garbage_file")


def disturb(fault: str) -> None:
    """Order a service to answer wrongly."""
    write_private(places.disturbance_path(), json.dumps(DISTURBANCES[fault]))


def stop_source(fault: str) -> None:
    """Stop the server of a source."""
    stop_service(STOPPED[fault])


def bad_file_path() -> Path:
    """Where the next file of the station would stand."""
    last = max(map(time_in_name, (places.feed_folder() / "data" / STATION["ma_tram"]).glob("*.txt")))
    return file_path(places.feed_folder(), STATION["ma_tram"], last.replace(second=0) + timedelta(hours=1))


def write_bad_file(fault: str, path: Path) -> None:
    """A file cut in the middle of a line, or one that is not text at all."""
    if fault == "garbage_file":
        path.write_bytes(stream(0, "garbage").bytes(20_000))
        return
    readings = make_readings(STATION, seed=0, start=time_in_name(path) - timedelta(minutes=55), count=12)
    *whole, last = readings.lines(0, 12)
    path.write_bytes("\r\n".join([*whole, last[:-9]]).encode())
