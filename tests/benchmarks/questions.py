"""Questions as procedure systems ask them of the made-up province: one subject at random for each procedure."""

import random
from typing import Any

from tests.benchmarks.checks_world import LICENCES, TAX_CODE, place_of

_AREA = {"LT-14", "LT-15"}
_DOCUMENT = {"LT-16", "LT-17", "LT-18", "LT-22", "LT-23"}


def subject_for(catalogue_no: str, rng: random.Random, parcels: int) -> dict[str, Any]:
    """A subject with everything that the procedure asks for, about a parcel, an area or a document at random."""
    side = int(parcels**0.5)
    number = rng.randrange(side * side)
    if catalogue_no in _AREA:
        west, south, _ = place_of(number, parcels)
        return _area(min(west, 106.19), min(south, 20.59)) | _organisation()
    if catalogue_no in _DOCUMENT:
        return (
            _organisation()
            | _documents(rng)
            | {"project_group": "IV", "commune_code": "90001", "commune_valid_on": "2026-02-01"}
        )
    subject = {"parcel_key": f"land_registry:{number}", "certificate_serial": f"AA {number:08d}", "area_m2": 100.0}
    if catalogue_no == "LT-05":
        commune = f"9{number % side * 10 // side * 10 + number // side * 10 // side:04d}"
        subject |= {
            "parcel": {
                "commune_code": commune,
                "commune_valid_on": "2026-02-01",
                "sheet_no": str(number // 1000),
                "parcel_no": str(number % 1000),
            }
        }
    if catalogue_no in {"LT-12", "LT-20", "LT-21"}:
        subject |= _documents(rng) | {"project_group": "II"}
    if catalogue_no == "LT-04":
        subject |= {"area_m2": 130.0}
    if catalogue_no == "LT-11":
        subject |= {"facility_key": f"environment_permits:{rng.randrange(200)}", "project_group": "II"}
    if catalogue_no == "LT-06":
        subject |= {"new_areas_m2": [50, 50], "mortgagee_consent": True}
    return subject | {"target_land_use_code": "ONT"} | _organisation()


def _organisation() -> dict[str, Any]:
    return {"organisation_tax_code": TAX_CODE}


def _documents(rng: random.Random) -> dict[str, Any]:
    """A licence, a permit, and the facility of the permit, one time in four another one."""
    licence, permit, other = rng.randrange(1, LICENCES), rng.randrange(200), rng.randrange(200)
    return {
        "licence_key": f"mineral_cadastre:{licence}",
        "permit_key": f"environment_permits:{permit}",
        "facility_key": f"environment_permits:{permit if other % 4 else other}",
    }


def _area(west: float, south: float) -> dict[str, Any]:
    east, north = west + 0.008, south + 0.006  # about 55 hectares
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "srid": 4756,
        "mineral_group": "III",
        "licensing_authority": "UBND",
        "project_group": "II",
        "facility_key": "environment_permits:2",
    }
