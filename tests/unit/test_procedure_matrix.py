"""Every fact that the matrix of 23 procedures asks for is a requirement, with data or with what is missing.

The matrix is that of the domain study: per procedure the shared facts to check. A fact that no connected register holds
is a requirement as well; it says what is missing, so that nobody takes silence for consent.
"""

import csv
import json

import pytest

from connectors.settings import project_root

SEEDS = project_root() / "dbt_project" / "seeds" / "procedure"
# What stands in the way of every change of a right: asked for by the name of the restriction.
FREE = {"NO_DISPUTE", "NO_SEIZURE"}
BLOCKS = {f"NO_BLOCK_ON_{subject}" for subject in ("PARCEL", "CERTIFICATE", "PERSON", "ASSET")}
ORGANISATION = {"TAX_CODE_VALID", "ORGANISATION_KNOWN"}
CERTIFICATE = {"CERTIFICATE_IN_FORCE", "CERTIFICATE_COVERS_PARCEL"}
BARRED = {"NO_PROHIBITED_ZONE", "NO_TEMPORARILY_PROHIBITED_ZONE", "NO_RESERVE_ZONE", "NO_PROTECTED_AREA"}
TOLD = {"MINERAL_PLANNING_KNOWN", "AUCTION_ZONES_KNOWN"}
MATRIX = {
    "LT-01": {
        "organisation valid and active": ORGANISATION | {"ORGANISATION_ACTIVE"},
        "parcel exists": {"PARCEL_EXISTS"},
        "no current certificate": {"NO_CURRENT_CERTIFICATE"},
        "no dispute": {"NO_DISPUTE"},
        "planned land type": {"PLANNED_USE_AGREES"},
        "no overlap": {"NO_PARCEL_OVERLAP"},
    },
    "LT-02": {"decision of allocation": {"ALLOCATION_DECISION"}, "parcel exists": {"PARCEL_EXISTS"}},
    "LT-03": {"registered lease": {"LEASE_REGISTERED"}, "parties match": {"HOLDER_MATCHES"}},
    "LT-04": {
        "neighbours": {"NO_PARCEL_OVERLAP"},
        "area gained": {"AREA_GAINED"},
        "no reserve or forest": {
            "NO_RESERVE_ZONE", "LAND_USE_ALLOWED", "NO_PROTECTED_AREA", "FOREST_AND_DEFENCE_LAND",
        },
    },
    "LT-05": {"serial in force": {"CERTIFICATE_IN_FORCE"}, "crosswalk of numbers": {"PARCEL_NUMBER_MATCHES"}},
    "LT-06": {
        "least area": {"NEW_LOTS_LARGE_ENOUGH"},
        "same owner and use": {"SAME_HOLDER", "SAME_LAND_USE"},
        "mortgage": {"NO_UNCONSENTED_MORTGAGE"},
        "no block": BLOCKS,
    },
    "LT-07": {"owner chain": {"OWNER_CHAIN"}, "no dispute": {"NO_DISPUTE"}},
    "LT-08": {
        "serial": {"CERTIFICATE_IN_FORCE"},
        "not pledged": {"NO_UNCONSENTED_MORTGAGE"},
        "announced": {"LOSS_ANNOUNCED"},
    },
    "LT-09": {
        "certificate in force": CERTIFICATE,
        "free": FREE | BLOCKS,
        "term": {"LAND_USE_TERM_OPEN"},
        "who applies": {"TAX_CODE_VALID", "HOLDER_MATCHES"},
        "area": {"PARCEL_AREA_MATCHES"},
    },
    "LT-10": {
        "parcel and certificate": CERTIFICATE | {"PARCEL_EXISTS"},
        "existing mortgage": {"MORTGAGE_KNOWN", "MORTGAGE_EXISTS"},
        "owner is mortgagor": {"HOLDER_MATCHES"},
    },
    "LT-11": {
        "present and planned use": {"LAND_USE_ALLOWED", "PLANNED_USE_AGREES"},
        "no licence or reserve": {"NO_LICENCE_OVERLAP", "NO_RESERVE_ZONE"},
        "planning, which reviews of overlap look at": {"MINERAL_PLANNING_KNOWN"},
        "permit if a facility": {"FACILITY_PERMITTED"},
    },
    "LT-12": {
        "licence over the parcels": {"LICENCE_IN_FORCE", "LICENCE_COVERS_PARCELS"},
        "permit and impact": {"PERMIT_IN_FORCE", "EIA_DECISION_EXISTS"},
        "investor": {"TAX_CODE_VALID"},
    },
    "LT-13": {"dispute": {"DISPUTE_KNOWN"}},
    "LT-14": {
        "no licence, zone or area": BARRED | {"NO_LICENCE_OVERLAP"},
        "planning and auctions": TOLD,
        "forest and military": {"FOREST_AND_DEFENCE_LAND"},
        "authority": {"AUTHORITY_COMPETENT"},
        "holder": ORGANISATION,
    },
    "LT-15": {
        "reserves": {"RESERVES_APPROVED"},
        "impact": {"EIA_DECISION_EXISTS"},
        "no overlap": BARRED | {"NO_LICENCE_OVERLAP"},
        "auction": {"AUCTION_RESULT"},
        "planning and auctions": TOLD,
        "fee": {"RIGHT_FEE_PAID"},
    },
    "LT-16": {
        "licence valid": {"LICENCE_IN_FORCE"},
        "remaining reserves": {"REMAINING_RESERVES"},
        "obligations": {"OBLIGATIONS_PAID"},
        "report": {"REPORT_FILED"},
        "reissue": {"LICENCE_REISSUE_IN_TIME"},
    },
    "LT-17": {"transferee": ORGANISATION, "no breach": {"NO_BREACH"}, "licence age": {"LICENCE_AGE"}},
    "LT-18": {
        "production closed": {"PRODUCTION_CLOSED"},
        "deposit": {"RESTORATION_DEPOSIT"},
        "land returned": {"LAND_RETURNED"},
    },
    "LT-19": {"approved results": {"EXPLORATION_RESULT_OVERLAP"}, "project decision": {"PROJECT_DECISION"}},
    "LT-20": {
        "project group": {"EIA_APPRAISAL_REQUIRED"},
        "land plan": {"PLANNED_USE_AGREES"},
        "licence": {"LICENCE_IN_FORCE"},
        "sensitive areas": {"NO_PROTECTED_AREA", "SENSITIVE_AREAS"},
    },
    "LT-21": {
        "impact": {"EIA_DECISION_EXISTS"},
        "on the parcel": {"FACILITY_ON_PARCEL"},
        "operator": {"TAX_CODE_VALID"},
        "previous permit": {"PERMIT_NOT_REPLACED"},
    },
    "LT-22": {"permit in force": {"PERMIT_IN_FORCE", "PERMIT_NOT_REPLACED"}},
    "LT-23": {"no permit needed": {"PERMIT_NOT_REQUIRED"}, "commune": {"COMMUNE_CODE_VALID"}},
}  # fmt: skip


def rows(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize("procedure", sorted(MATRIX))
def test_every_fact_of_the_matrix_is_asked_for(procedure):
    asked = {row["check_code"] for row in rows("requirement_listed") if row["catalogue_no"] == procedure}
    missing = {fact: sorted(checks - asked) for fact, checks in MATRIX[procedure].items() if not checks <= asked}
    assert not missing


def test_the_matrix_is_of_all_procedures():
    assert set(MATRIX) == {row["catalogue_no"] for row in rows("procedure_listed")}
    assert len(MATRIX) == 23


def test_a_fact_without_a_register_says_what_is_missing_and_one_with_needs_no_excuse():
    connected = {row["check_code"]: row["is_connected"] == "true" for row in rows("check_listed")}
    for row in rows("requirement_listed"):
        assert ("missing" in json.loads(row["parameters"])) != connected[row["check_code"]], row


def test_no_check_is_listed_for_nothing_and_each_has_a_place_of_its_own():
    listed = {row["check_code"] for row in rows("check_listed")}
    requirements = rows("requirement_listed")
    assert {row["check_code"] for row in requirements} == listed
    places = [(row["catalogue_no"], row["seq"], row["valid_from"]) for row in requirements]
    assert len(places) == len(set(places))
