"""The 129 real communes of Ninh Bình, their former codes, and the VN-2000 zone their dossiers are stated in."""

import csv
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pyogrio
import shapely
from pyproj import CRS, Transformer

from connectors.settings import project_root
from connectors.warehouse.vn2000 import zones

OFFICES = {"35": 9209, "36": 9209, "37": 5897}
OLD_PROVINCES = {"35": "Hà Nam", "36": "Nam Định", "37": "Ninh Bình"}
DATA = project_root() / "infra" / "data"


@dataclass(frozen=True, eq=False)
class Commune:
    """A commune of today, with the codes it had before 2025-07-01 and its boundary in WGS84."""

    code: str
    name: str
    office: str
    old_codes: tuple[str, ...]
    boundary: shapely.Geometry

    @property
    def zone(self) -> int:
        """EPSG code of the VN-2000 zone in which its former province surveyed."""
        return OFFICES[self.office]

    @property
    def is_ward(self) -> bool:
        return self.name.startswith("Phường")


@cache
def load_communes() -> tuple[Commune, ...]:
    """All communes, ordered by register office and code."""
    frame = pyogrio.read_dataframe(DATA / "administrative_units" / "ninh_binh_communes_2025.gpkg")
    offices, old_codes = _crosswalk()
    communes = [
        Commune(row.code, row.fullName, offices[row.code], tuple(old_codes[row.code]), row.geometry)
        for row in frame.itertuples()
    ]
    return tuple(sorted(communes, key=lambda commune: (commune.office, commune.code)))


@cache
def divided_codes() -> frozenset[str]:
    """Old codes whose commune went into more than one new one."""
    seen: dict[str, int] = defaultdict(int)
    for commune in load_communes():
        for code in commune.old_codes:
            seen[code] += 1
    return frozenset(code for code, count in seen.items() if count > 1)


@cache
def new_codes() -> frozenset[str]:
    """Every commune code in force today, nation-wide."""
    path = DATA / "administrative_units" / "units_2025.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        return frozenset(row["code"] for row in csv.DictReader(file) if row["level"] == "commune")


@cache
def to_zone(epsg: int) -> Transformer:
    """WGS84 longitude and latitude to easting and northing of a VN-2000 zone (parameters of EPSG:6960)."""
    texts = {int(zone["epsg"]): zone["proj4text"] for zone in zones()}
    return Transformer.from_crs("EPSG:4326", CRS.from_proj4(texts[epsg]), always_xy=True)


def project(geometry: Any, epsg: int) -> Any:
    """A WGS84 geometry, or an array of them, in a VN-2000 zone."""
    return shapely.transform(geometry, lambda xy: np.column_stack(to_zone(epsg).transform(xy[:, 0], xy[:, 1])))


def unproject(geometry: Any, epsg: int) -> Any:
    """A geometry in a VN-2000 zone, or an array of them, in WGS84."""
    inverse = "INVERSE"
    return shapely.transform(
        geometry, lambda xy: np.column_stack(to_zone(epsg).transform(xy[:, 0], xy[:, 1], direction=inverse))
    )


def geodesic_area(geometry: Any) -> Any:
    """Ellipsoidal area in m² of geometries in a 3-degree VN-2000 zone: planar area over the local scale squared.

    Exact to about 1e-7 for parcels and licences; the scale of a transverse Mercator grows with the distance from
    its meridian, with R² = M·N at 20.3° N.
    """
    offset = shapely.get_x(shapely.centroid(geometry)) - 500_000.0
    scale = 0.9999 * (1 + offset**2 / (2 * 6.3542e6**2))
    return shapely.area(geometry) / scale**2


def _crosswalk() -> tuple[dict[str, str], dict[str, list[str]]]:
    offices: dict[str, str] = {}
    old_codes: dict[str, list[str]] = defaultdict(list)
    path = DATA / "administrative_units" / "convert_legacy_2025_simple.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            if row["newProvinceCode"] != "37":
                continue
            new_code = row["newWardCode"]
            offices.setdefault(new_code, row["provinceCode"].split(".")[0].zfill(2))
            if row["wardCode"]:
                old_codes[new_code].append(row["wardCode"].split(".")[0].zfill(5))
    return offices, old_codes
