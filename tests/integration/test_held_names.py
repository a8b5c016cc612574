"""Keys that are the same text in several datasets, and numbers of documents: what is held is the one that was named."""

import psycopg
import pytest

from connectors.warehouse.schema import apply_ddl
from tests.integration.answered_province import HELD_NOW, Province, answers, province

# Permit 9 is of facility 9; permit, facility and decision 7, like parcel and right 12, have keys of the same text.
SEVEN, TWELVE = "environment_permits:7", "land_registry:12"
PERMIT, FACILITY = {"permit_key": SEVEN}, {"facility_key": SEVEN, "project_group": "I"}
ASKED = {
    "permit": ("LT-22", "PERMIT_IN_FORCE", PERMIT),
    "facility": ("LT-11", "FACILITY_PERMITTED", FACILITY),
    "decision of the facility": ("LT-15", "EIA_DECISION_EXISTS", FACILITY),
    "right of the parcel": ("LT-03", "HOLDER_MATCHES", {"parcel_key": TWELVE, "party_key": "party12"}),
    "parcel": ("LT-03", "PARCEL_EXISTS", {"parcel_key": TWELVE}),
    "licence by number": ("LT-16", "LICENCE_IN_FORCE", {"licence_number": "7/GP-UBND"}),
    "decision by number": ("LT-15", "EIA_DECISION_EXISTS", {"facility_key": "environment_permits:2",
        "eia_number": "2/QĐ-UBND", "project_group": "II"}),
}  # fmt: skip
# What is held: its dataset, its key and what it concerns, and which of the questions that makes HELD.
CASES = [
    ("facility", SEVEN, "", {"facility"}),
    ("environmental_permit", SEVEN, "facility:environment_permits:8", {"permit"}),
    ("environmental_permit", "environment_permits:900", f"facility:{SEVEN}", {"facility", "decision of the facility"}),
    ("environmental_permit", "environment_permits:900", f"environmental_permit:{SEVEN}", {"permit"}),
    ("eia_decision", SEVEN, "facility:environment_permits:8", set()),
    ("eia_decision", "environment_permits:900", f"facility:{SEVEN}", {"facility", "decision of the facility"}),
    ("land_right", TWELVE, "land_parcel:land_registry:30", set()),
    ("land_right", "land_registry:900", f"land_parcel:{TWELVE}", {"right of the parcel"}),
    ("environmental_permit", "environment_permits:900", "environmental_permit:7/GP-UBND", set()),
    ("mineral_licence", "mineral_cadastre:900", "mineral_licence:7/GP-UBND", {"licence by number"}),
    ("environmental_permit", "environment_permits:900", "environmental_permit:2/QĐ-UBND", set()),
    ("eia_decision", "environment_permits:900", "eia_decision:2/QĐ-UBND", {"decision by number"}),
]


@pytest.fixture(scope="module")
def here(cluster, homes):
    home = homes / "held-names"
    home.mkdir(mode=0o711, exist_ok=True)
    with province(cluster, "held_names", home) as made:
        yield made


def holding(conn: psycopg.Connection) -> set[str]:
    """The questions that are answered HELD."""
    return {n for n, (code, check, subject) in ASKED.items() if answers(conn, code, subject)[check][0] == "HELD"}


@pytest.mark.parametrize(("dataset", "key", "concerns", "expected"), CASES)
def test_a_held_record_holds_the_questions_about_it_and_no_other(here: Province, dataset, key, concerns, expected):
    with here.changed() as conn:
        assert holding(conn) == set()
    with here.changed(HELD_NOW.format(dataset=dataset, key=key, concerns=concerns)) as conn:
        assert holding(conn) == expected


def test_a_parcel_is_not_held_for_a_right_of_the_same_key(here: Province):
    told = "select answer from shared.parcel_encumbrances('land_registry:13')"
    other = HELD_NOW.format(dataset="land_restriction", key="land_registry:13", concerns="land_parcel:land_registry:30")
    with here.changed(other) as conn:
        assert conn.execute(told).fetchall() == [("FREE",)]


OLD_NAMES = (
    ("environmental_permit", "environment_permits:900", f"7/GPMT-UBND,{SEVEN}"),
    ("eia_decision", "environment_permits:901", f"12/QĐ-UBND,{SEVEN}"),
    ("mineral_licence", "mineral_cadastre:900", "7/GP-UBND,holder:0107094917,commune:90001,cell:1/2"),
    ("land_right", "land_registry:901", f"{TWELVE},AA 00000012"),
    ("land_parcel_lineage", "land_registry:1|land_registry:12|2026-01-01", f"{TWELVE},parcel:90000/1/2"),
    ("land_parcel", "land_registry:12", "parcel:90000/0/12,lot:1/2,w7ernpdqtn6u"),
    ("administrative_unit", "90001|2025-07-01", "unit:90001"),
    ("party", "party1", "0107094917"),
)
NEW_NAMES = {
    "environmental_permit": ["environmental_permit:7/GPMT-UBND", f"facility:{SEVEN}"],
    "eia_decision": ["eia_decision:12/QĐ-UBND", f"facility:{SEVEN}"],
    "mineral_licence": ["mineral_licence:7/GP-UBND", "holder:0107094917", "commune:90001", "cell:1/2"],
    "land_right": [f"land_parcel:{TWELVE}", "AA 00000012"],
    "land_parcel_lineage": [f"land_parcel:{TWELVE}", "parcel:90000/1/2"],
    "land_parcel": ["parcel:90000/0/12", "lot:1/2", "w7ernpdqtn6u"],
    "administrative_unit": ["unit:90001"],
    "party": ["0107094917"],
}


def test_names_stored_without_their_dataset_are_renamed_once(here: Province):
    """An unchanged dataset carries what was held into the next release: its rows are not made anew."""
    names = "select dataset, concerns from quality.row_outcome where rule_ids = '{L03}'"
    with psycopg.connect(here.admin_dsn, autocommit=True) as conn:
        conn.execute("drop index quality.row_outcome_by_name")
        conn.execute(
            "create index row_outcome_by_name on quality.row_outcome "
            "using gin (array_append(concerns, record_key)) where outcome = 'held'"
        )
        for dataset, key, concerns in OLD_NAMES:
            conn.execute(HELD_NOW.format(dataset=dataset, key=key, concerns=concerns))
        for _ in range(2):
            apply_ddl(here.admin_dsn)
            assert dict(conn.execute(names).fetchall()) == NEW_NAMES
        (index,) = conn.execute("select pg_get_indexdef('quality.row_outcome_by_name'::regclass)").fetchone()
        assert "dataset" in index and "fastupdate=off" in index
        conn.execute("delete from quality.row_outcome where rule_ids = '{L03}'")
