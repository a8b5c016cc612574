"""Subjects in the made-up province: for each check one that passes and one that fails. Not a test."""

from tests.benchmarks.checks_world import TAX_CODE, place_of
from tests.integration.answered_province import PARCELS


def parcel(number: int, **more) -> dict:
    return {"parcel_key": f"land_registry:{number}", "certificate_serial": f"AA {number:08d}"} | more


def square(number: int, **more) -> dict:
    west, south, step = place_of(number, PARCELS)
    east, north = west + step, south + step
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"geometry": {"type": "Polygon", "coordinates": [ring]}, "srid": 4756} | more


def point(east: float, north: float) -> dict:
    return {"geometry": {"type": "Point", "coordinates": [east, north]}, "srid": 4756}


def number(commune: str, sheet: str, plot: str) -> dict:
    return {"commune_code": commune, "commune_valid_on": "2026-01-01", "sheet_no": sheet, "parcel_no": plot}


FREE_PLACE = point(105.6003, 20.0003)
# The least area of a new lot is not loaded for any province: this is what loading it would be.
# Nor is the least age of a licence that may be transferred.
LIMIT_LOADED = (
    'update release.procedure_requirement set parameters = \'{"least_area_m2": {"37": 40}}\' '
    "where check_code = 'NEW_LOTS_LARGE_ENOUGH'"
)
AGE_LOADED = (
    'update release.procedure_requirement set parameters = \'{"least_months": {"MINE": 12, "EXPL": 1}}\' '
    "where check_code = 'LICENCE_AGE'"
)
# The made-up province has no forest; LT-04 bars it.
RICE_BARRED = (
    'update release.procedure_requirement set parameters = \'{"forbidden": ["LUC"]}\' '
    "where check_code = 'LAND_USE_ALLOWED' and parameters ? 'forbidden'"
)
# Checks that never fail: some tell what is there, another knows that not every organisation is in its registers.
NEVER_FAIL = {
    "DISPUTE_KNOWN", "MORTGAGE_KNOWN", "ORGANISATION_KNOWN", "MINERAL_PLANNING_KNOWN", "AUCTION_ZONES_KNOWN",
}  # fmt: skip
# By procedure and check: a subject that passes and one that fails.
SEEN_BOTH_WAYS = {
    ("LT-09", "PARCEL_EXISTS"): (parcel(1), parcel(999999)),
    ("LT-09", "PARCEL_AREA_MATCHES"): (parcel(1, area_m2=100.4), parcel(1, area_m2=150)),
    ("LT-09", "PARCEL_NOT_SUPERSEDED"): (parcel(1), parcel(13)),
    ("LT-09", "CERTIFICATE_IN_FORCE"): (parcel(1), parcel(5)),
    ("LT-09", "CERTIFICATE_COVERS_PARCEL"): (parcel(1), parcel(1) | {"certificate_serial": "AA 00000002"}),
    ("LT-09", "HOLDER_MATCHES"): (parcel(1, party_key="party1"), parcel(1, organisation_tax_code=TAX_CODE)),
    ("LT-09", "LAND_USE_TERM_OPEN"): (parcel(1), parcel(53)),
    ("LT-09", "NO_DISPUTE"): (parcel(1), parcel(7)),
    ("LT-09", "NO_SEIZURE"): (parcel(0), parcel(18)),
    ("LT-09", "NO_BLOCK_ON_PARCEL"): (parcel(18), parcel(27)),
    ("LT-09", "NO_BLOCK_ON_CERTIFICATE"): (parcel(27), parcel(63)),
    ("LT-09", "NO_BLOCK_ON_PERSON"): (parcel(27), parcel(99)),
    ("LT-09", "NO_BLOCK_ON_ASSET"): (parcel(27), parcel(135)),
    ("LT-09", "NO_UNCONSENTED_MORTGAGE"): (parcel(1), parcel(0, mortgagee_consent=False)),
    ("LT-09", "TAX_CODE_VALID"): (
        {"organisation_tax_code": TAX_CODE},
        {"organisation_tax_code": "0100233480"},
    ),
    ("LT-01", "NO_CURRENT_CERTIFICATE"): (parcel(5), parcel(1)),
    ("LT-01", "PLANNED_USE_AGREES"): (parcel(1, target_land_use_code="ONT"), parcel(1, target_land_use_code="SKC")),
    ("LT-01", "NO_PARCEL_OVERLAP"): (parcel(1), square(1)),
    ("LT-01", "COMMUNE_CODE_VALID"): (
        parcel(1), {"commune_code": "90001", "commune_valid_on": "1999-01-01"},
    ),
    ("LT-03", "LEASE_REGISTERED"): (parcel(4), parcel(1)),
    ("LT-04", "AREA_GAINED"): (parcel(1, area_m2=130), parcel(1, area_m2=100.5)),
    ("LT-05", "PARCEL_NUMBER_MATCHES"): (
        parcel(7, parcel=number("90020", "0", "7")),
        parcel(7, parcel=number("90020", "0", "8")),
    ),
    ("LT-06", "NEW_LOTS_LARGE_ENOUGH"): (parcel(1, new_areas_m2=[50, 50]), parcel(1, new_areas_m2=[70, 30])),
    ("LT-06", "SAME_HOLDER"): (parcel(1), {"parcel_keys": ["land_registry:0", "land_registry:1"]}),
    ("LT-06", "SAME_LAND_USE"): (
        {"parcel_keys": ["land_registry:1", "land_registry:4"]},
        {"parcel_keys": ["land_registry:1", "land_registry:2"]},
    ),
    ("LT-10", "MORTGAGE_KNOWN"): (parcel(0), None),
    ("LT-10", "MORTGAGE_EXISTS"): (parcel(0, mortgage_request="DELETE"), parcel(1, mortgage_request="DELETE")),
    ("LT-04", "LAND_USE_ALLOWED"): (parcel(1), parcel(2)),
    ("LT-11", "FACILITY_PERMITTED"): (
        {"facility_key": "environment_permits:3", "target_land_use_code": "SKC"},
        {"facility_key": "environment_permits:4", "target_land_use_code": "SKC", "project_group": "II"},
    ),
    ("LT-13", "DISPUTE_KNOWN"): (parcel(7), None),
    ("LT-12", "LICENCE_IN_FORCE"): ({"licence_key": "mineral_cadastre:1"}, {"licence_key": "mineral_cadastre:9999"}),
    ("LT-12", "LICENCE_TYPE_FITS"): ({"licence_number": "4/GP-UBND"}, {"licence_number": "1/GP-UBND"}),
    ("LT-12", "LICENCE_HOLDER_MATCHES"): (
        {"licence_key": "mineral_cadastre:1", "organisation_tax_code": f"MST: {TAX_CODE}"},
        {"licence_key": "mineral_cadastre:1", "organisation_tax_code": "0402230476"},
    ),
    ("LT-12", "LICENCE_COVERS_PARCELS"): (
        parcel(176, licence_key="mineral_cadastre:44"), parcel(1, licence_key="mineral_cadastre:1"),
    ),
    ("LT-12", "PERMIT_IN_FORCE"): ({"permit_key": "environment_permits:3"}, {"permit_number": "1/GPMT-UBND"}),
    ("LT-12", "EIA_DECISION_EXISTS"): (
        {"facility_key": "environment_permits:2", "project_group": "II"},
        {"facility_key": "environment_permits:999", "project_group": "I"},
    ),
    ("LT-12", "ORGANISATION_KNOWN"): ({"organisation_tax_code": TAX_CODE}, None),
    ("LT-14", "NO_LICENCE_OVERLAP"): (FREE_PLACE, point(105.657, 20.073)),
    ("LT-14", "NO_PROHIBITED_ZONE"): (FREE_PLACE, point(106.075, 20.105)),
    ("LT-14", "NO_TEMPORARILY_PROHIBITED_ZONE"): (FREE_PLACE, point(105.711, 20.037)),
    ("LT-14", "NO_RESERVE_ZONE"): (FREE_PLACE, point(105.802, 20.054)),
    ("LT-14", "MINERAL_PLANNING_KNOWN"): (FREE_PLACE, None),
    ("LT-14", "AUCTION_ZONES_KNOWN"): (FREE_PLACE, None),
    ("LT-14", "AUTHORITY_COMPETENT"): (
        {"mineral_group": "I", "licensing_authority": "BNNMT"},
        {"mineral_group": "III", "licensing_authority": "BNNMT"},
    ),
    ("LT-14", "NO_PROTECTED_AREA"): (point(105.6003, 20.0003), point(105.687, 20.231)),
    ("LT-16", "LICENCE_REISSUE_IN_TIME"): (
        {"licence_key": "mineral_cadastre:1"}, {"licence_key": "mineral_cadastre:399"},
    ),
    ("LT-17", "LICENCE_AGE"): ({"licence_number": "1/GP-UBND"}, {"licence_number": "4/GP-UBND"}),
    ("LT-20", "EIA_APPRAISAL_REQUIRED"): ({"project_group": "I"}, {"project_group": "III"}),
    ("LT-21", "FACILITY_ON_PARCEL"): (
        parcel(0, facility_key="environment_permits:1"), parcel(500, facility_key="environment_permits:1"),
    ),
    ("LT-22", "PERMIT_NOT_REPLACED"): (
        {"permit_key": "environment_permits:3"}, {"permit_key": "environment_permits:2"},
    ),
    ("LT-23", "PERMIT_NOT_REQUIRED"): ({"project_group": "IV"}, {"project_group": "I"}),
}  # fmt: skip
