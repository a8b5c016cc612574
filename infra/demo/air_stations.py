"""Stations of the national network as a SensorThings service holds them: Things with a Location, and their Datastreams.

What they measure stands in `air_observations.py`. Stations are invented, inside real communes; everything is drawn from
streams of its own.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import numpy as np
import shapely

from infra.demo.columns import stream
from infra.demo.environment_facilities import commune_code
from infra.demo.territory import load_communes

SYSTEM = "air_observations"
STATIONS = 4
OPERATOR = "Trung tâm Quan trắc môi trường miền Bắc"
Observation = dict[str, Any]


@dataclass(frozen=True)
class Series:
    """What a datastream measures: symbol as listed and as written, level and spread in µg/m3."""

    symbol: str
    written: str
    level: float
    spread: float


SERIES = (
    Series("NO2", "NO2", 44, 6),
    Series("O3", "O3", 66, 9),
    Series("PM10", "PM10", 61, 8),
    Series("PM2,5", "PM2.5", 33, 5),
)
# The unit that a station writes, and how many µg/m3 one of it is.
UNITS = (("µg/m3", 1.0), ("ug/m3", 1.0), ("mg/m3", 1000.0), ("µg/m³", 1.0))


@dataclass(eq=False)
class Datastream:
    """One parameter of a station with its averaging time; results are in `unit`."""

    key: str
    symbol: str
    written: str
    unit: str
    averaging: timedelta
    observations: list[Observation] = field(default_factory=list)

    @property
    def averaging_text(self) -> str:
        """ISO 8601."""
        minutes = int(self.averaging.total_seconds()) // 60
        return f"PT{minutes // 60}H" if minutes % 60 == 0 else f"PT{minutes}M"


@dataclass(eq=False)
class Station:
    """A Thing with its one Location."""

    code: str
    name: str
    commune_code: str
    commune_on: date
    longitude: float
    latitude: float
    datastreams: list[Datastream]


def make_stations(*, seed: int, today: date) -> list[Station]:
    """Clean stations, still without observations; the first has quarters of an hour of PM2,5, all else is hourly."""
    rng = stream(seed, "air_stations")
    communes = load_communes()
    chosen = rng.permutation(len(communes))[:STATIONS]
    stations = []
    for number, index in enumerate(chosen, 1):
        commune, code = communes[index], f"NBQG{number:03d}"
        stated, known_on = commune_code(commune, rng, today=today)
        place = shapely.get_coordinates(shapely.point_on_surface(commune.boundary))[0]
        longitude, latitude = np.round(place + rng.uniform(-0.001, 0.001, 2), 6)
        unit = UNITS[(number - 1) % len(UNITS)][0]
        streams = [
            make_datastream(code, one.symbol, written=one.written, unit=unit, minutes=_minutes(number, one))
            for one in SERIES
        ]
        name = f"Trạm không khí quốc gia {number:02d} {commune.name} (mô phỏng)"
        stations.append(Station(code, name, stated, known_on, float(longitude), float(latitude), streams))
    return stations


def make_datastream(code: str, symbol: str, *, written: str, unit: str, minutes: int = 60) -> Datastream:
    """A datastream of a station, without observations."""
    return Datastream(f"{code}/{written}", symbol, written, unit, timedelta(minutes=minutes))


def as_entities(stations: list[Station]) -> dict[str, list[dict[str, Any]]]:
    """Things with Location, Datastreams and Observations, as `infra/servers/sensorthings_load.py` takes them."""
    things = [
        {
            "id": entity_id(station.code),
            "name": station.name,
            "properties": {
                "ma_tram": station.code,
                "loai": "KHONG_KHI",
                "don_vi": OPERATOR,
                "ma_xa": station.commune_code,
                "ma_xa_tu_ngay": station.commune_on.isoformat(),
            },
            "location": [station.longitude, station.latitude],
            "datastreams": [
                {
                    "id": entity_id(one.key),
                    "parameter": one.written,
                    "unit": one.unit,
                    "averaging": one.averaging_text,
                    "observations": one.observations,
                }
                for one in station.datastreams
            ],
        }
        for station in stations
    ]
    return {"things": things}


def entity_id(key: str) -> str:
    """The id of an entity: the same whenever the sources are made anew."""
    return str(uuid5(NAMESPACE_URL, f"{SYSTEM}/{key}"))


def _minutes(number: int, series: Series) -> int:
    return 15 if number == 1 and series.symbol == "PM2,5" else 60
