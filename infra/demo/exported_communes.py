"""Communes of the former province Hòa Bình that two branches export: real codes and seats, ground around the seats.

Boundaries of single communes are known for Ninh Bình alone, so the ground is a circle around the real seat of each
commune of today, inside the real boundary of its province.
"""

import csv
from collections import defaultdict
from functools import cache

import numpy as np
import pyogrio
import shapely

from infra.demo.territory import DATA, Commune

ZONE = 9211
PROVINCE = "25"
DISTRICTS = {"153": "kim_boi", "159": "lac_thuy"}
_RADIUS_DEGREES = 0.01


class ExportedCommune(Commune):
    """A commune whose dossiers are stated in the zone of the former province Hòa Bình."""

    @property
    def zone(self) -> int:
        return ZONE


@cache
def load_exported() -> dict[str, tuple[ExportedCommune, ...]]:
    """The communes of each export, by code."""
    units = DATA / "administrative_units"
    provinces = pyogrio.read_dataframe(units / "provinces_2025.gpkg")
    province = provinces.loc[provinces["code"] == PROVINCE, "geometry"].iloc[0]
    seats: dict[str, dict[str, tuple[str, float, float]]] = defaultdict(dict)
    old_codes: dict[str, list[str]] = defaultdict(list)
    with (units / "convert_legacy_2025_simple.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            if row["provinceCode"] == "17" and row["districtCode"] in DISTRICTS:
                code = row["newWardCode"]
                seats[row["districtCode"]][code] = (row["newWard"], float(row["newWardLon"]), float(row["newWardLat"]))
                old_codes[code].append(row["wardCode"].split(".")[0].zfill(5))
    return {
        DISTRICTS[district]: tuple(
            ExportedCommune(code, name, "17", tuple(old_codes[code]), _ground(province, longitude, latitude))
            for code, (name, longitude, latitude) in sorted(communes.items())
        )
        for district, communes in sorted(seats.items())
    }


def _ground(province: shapely.Geometry, longitude: float, latitude: float) -> shapely.Geometry:
    ground = shapely.buffer(shapely.Point(np.round([longitude, latitude], 4)), _RADIUS_DEGREES)
    if not shapely.contains(province, ground):
        raise ValueError(f"the ground around {longitude}, {latitude} leaves the province {PROVINCE}")
    return ground
