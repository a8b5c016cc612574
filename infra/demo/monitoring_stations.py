"""Stations of the monitoring feed and what each measures."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from infra.demo.columns import stream
from infra.demo.environment_facilities import Row, commune_code, site_texts
from infra.demo.ground_truth import Fault
from infra.demo.territory import Commune, load_communes

SYSTEM = "monitoring_feed"
STATIONS = {"NUOC_THAI": 17, "KHI_THAI": 10, "KHONG_KHI": 13}
CODES = {"NUOC_THAI": "NBNT", "KHI_THAI": "NBKT", "KHONG_KHI": "NBKK"}
HEADER = ["ma_tram", "ten_tram", "loai", "co_so_id", "don_vi", "ma_xa", "ma_xa_tu_ngay", "x", "y", "he_toa_do"]
OPERATORS = ["Trung tâm Quan trắc tài nguyên và môi trường", "Công ty TNHH Môi trường Sông Đáy"]


@dataclass(frozen=True)
class Parameter:
    """A measured quantity: level and spread of clean values, decimals written, spellings of its unit."""

    symbol: str
    level: float
    spread: float
    decimals: int
    units: tuple[str, ...]


PARAMETERS = {
    "NUOC_THAI": (
        Parameter("Flow", 60, 8, 1, ("m3/h", "m³/h")),
        Parameter("pH", 7.2, 0.2, 2, ("-", "pH")),
        Parameter("COD", 55, 6, 1, ("mg/L", "mg/l")),
        Parameter("TSS", 38, 4, 1, ("mg/L", "mg/l")),
        Parameter("NH4", 4.2, 0.5, 2, ("mg/L", "mg/l")),
        Parameter("Temp", 28, 1.2, 1, ("°C", "oC")),
    ),
    "KHI_THAI": (
        Parameter("SO2", 120, 14, 1, ("mg/Nm3", "mg/Nm³")),
        Parameter("NO2", 160, 18, 1, ("mg/Nm3", "mg/Nm³")),
        Parameter("CO", 210, 25, 1, ("mg/Nm3", "mg/Nm³")),
        Parameter("O2", 10, 0.9, 2, ("%",)),
        Parameter("PM", 46, 5, 1, ("mg/Nm3", "mg/Nm³")),
    ),
    "KHONG_KHI": (
        Parameter("SO2", 42, 6, 1, ("µg/m3", "ug/m3")),
        Parameter("NO2", 48, 6, 1, ("µg/m3", "ug/m3")),
        Parameter("O3", 70, 9, 1, ("µg/m3", "ug/m3")),
        Parameter("PM10", 65, 8, 1, ("µg/m3", "ug/m3")),
        Parameter("PM2,5", 36, 5, 1, ("µg/m3", "ug/m3")),
    ),
}


def make_stations(facilities: list[Row], *, seed: int, today: date) -> list[Row]:
    """Forty clean stations; those of facilities stand in the commune of their facility."""
    rng = stream(seed, "stations")
    communes = load_communes()
    stations = []
    for medium, number in STATIONS.items():
        for index in range(1, number + 1):
            # Facilities 1 to 200 are never damaged.
            facility = None if medium == "KHONG_KHI" else facilities[int(rng.integers(200))]
            place = facility or _ambient_place(communes[int(rng.integers(len(communes)))], rng, today)
            name = facility["ten_co_so"] if facility else "không khí xung quanh"
            stations.append(
                {
                    "ma_tram": f"{CODES[medium]}{index:03d}",
                    "ten_tram": f"Trạm quan trắc {index:02d} {name}",
                    "loai": medium,
                    "co_so_id": facility["co_so_id"] if facility else "",
                    "don_vi": OPERATORS[int(rng.integers(2))],
                    **{name: place[name] for name in ("ma_xa", "ma_xa_tu_ngay", "x", "y", "he_toa_do")},
                }
            )
    return stations


def damage_stations(stations: list[Row], count: int) -> tuple[list[Row], list[Fault]]:
    """Stations listed but not yet sending, with an unknown medium or in a wrong place; and what is wrong."""
    added, faults = [], []
    for number in range(count):
        unknown = stations[number] | {"ma_tram": f"NBNM{number + 1:03d}", "loai": "NUOC_MAT"}
        far = stations[number] | {"ma_tram": f"NBNT{number + 901:03d}"}
        far["x"] = f"{float(far['x'].replace(',', '.')) + 60_000:.2f}"
        for row, fault, rule in ((unknown, "station_medium", "S01"), (far, "station_elsewhere", "S02")):
            added.append(row)
            key = row["ma_tram"]
            faults.append(Fault(SYSTEM, "station", key, "monitoring_station", f"{SYSTEM}:{key}", fault, rule))
    return added, faults


def _ambient_place(commune: Commune, rng: np.random.Generator, today: date) -> Row:
    code, known_on = commune_code(commune, rng, today=today)
    return {"ma_xa": code, "ma_xa_tu_ngay": known_on.isoformat(), **site_texts(commune, rng)}
