"""What a dossier states of a project does not beat the record: group, mineral, whose decision on its impact it is."""

import pytest

from tests.integration.answered_province import answers, province

# Facility 2 has decision 2, facility 3 has none; both have a permit of group II. Nothing is on record of facility 999.
DECIDED, UNDECIDED, NEW = "environment_permits:2", "environment_permits:3", "environment_permits:999"
LICENCE = "mineral_cadastre:4"
TO_GROUP = "update release.environmental_permit set project_group = '{}' where facility_key = '{}'"


@pytest.fixture(scope="module")
def here(cluster, homes):
    home = homes / "project-records"
    home.mkdir(mode=0o711, exist_ok=True)
    with province(cluster, "project_records", home) as made:
        yield made


@pytest.mark.parametrize("procedure", ["LT-12", "LT-15", "LT-21"])
@pytest.mark.parametrize(("subject", "expected"), [
    ({"facility_key": DECIDED}, ("PASS", "DECISION_EXISTS")),
    ({"facility_key": DECIDED, "eia_number": "2/QĐ-UBND"}, ("PASS", "DECISION_EXISTS")),
    ({"facility_key": DECIDED, "eia_number": "4/QĐ-UBND"}, ("UNKNOWN", "DECISION_DIFFERS")),
    ({"facility_key": DECIDED, "eia_number": "999/QĐ-UBND"}, ("UNKNOWN", "DECISION_DIFFERS")),
    ({"facility_key": UNDECIDED, "eia_number": "4/QĐ-UBND"}, ("UNKNOWN", "NEED_NOT_TOLD")),
    ({"facility_key": NEW, "eia_number": "4/QĐ-UBND", "project_group": "I"}, ("FAIL", "NO_DECISION")),
    ({"eia_number": "2/QĐ-UBND", "project_group": "I"}, ("UNKNOWN", "DECISION_OF_UNKNOWN_PROJECT")),
    ({"eia_number": "999/QĐ-UBND", "project_group": "I"}, ("UNKNOWN", "DECISION_NOT_FOUND")),
    ({"facility_key": DECIDED, "project_group": "III"}, ("UNKNOWN", "GROUP_DIFFERS_FROM_RECORD")),
    ({"facility_key": UNDECIDED, "project_group": "IV"}, ("UNKNOWN", "GROUP_DIFFERS_FROM_RECORD")),
    ({"facility_key": NEW, "project_group": "IV"}, ("PASS", "GROUP_NEEDS_NONE")),
])  # fmt: skip
def test_a_decision_is_of_the_facility_and_of_the_number_stated(here, procedure, subject, expected):
    assert here.ask(procedure, subject)["EIA_DECISION_EXISTS"][:2] == expected


def test_of_the_group_stated_and_that_on_record_both_are_told(here):
    stated = {"facility_key": UNDECIDED, "project_group": "IV"}
    for procedure, check in (("LT-15", "EIA_DECISION_EXISTS"), ("LT-23", "PERMIT_NOT_REQUIRED")):
        result, _, evidence = here.ask(procedure, stated)[check]
        assert result == "UNKNOWN" and (evidence["project_group"], evidence["groups_on_record"]) == ("IV", ["II"])
    with here.changed(TO_GROUP.format("IV", UNDECIDED)) as conn:
        assert answers(conn, "LT-23", stated)["PERMIT_NOT_REQUIRED"][:2] == ("PASS", "REGISTRATION_SUFFICES")
        assert answers(conn, "LT-15", stated)["EIA_DECISION_EXISTS"][:2] == ("PASS", "GROUP_NEEDS_NONE")
    assert here.ask("LT-23", {"project_group": "IV"})["PERMIT_NOT_REQUIRED"][0] == "PASS"
    assert here.ask("LT-23", stated | {"project_group": "II"})["PERMIT_NOT_REQUIRED"][:2] == ("FAIL", "PERMIT_REQUIRED")


def test_records_of_several_groups_exempt_nobody(here):
    """One paper of group IV beside one of group II: that the dossier states IV decides nothing."""
    second = (
        f"update release.environmental_permit set project_group = 'IV', facility_key = '{UNDECIDED}' where number = '9'"
    )
    stated = {"facility_key": UNDECIDED, "project_group": "IV"}
    with here.changed(second) as conn:
        for procedure, check in (("LT-15", "EIA_DECISION_EXISTS"), ("LT-23", "PERMIT_NOT_REQUIRED")):
            found = answers(conn, procedure, stated)[check]
            assert found[:2] == ("UNKNOWN", "GROUP_DIFFERS_FROM_RECORD"), check
            assert found[2]["groups_on_record"] == ["II", "IV"]


def test_the_mineral_is_that_of_the_licence_named(here):
    """The licence is for a mineral of group III; only group IV needs no decision."""
    stated = {"licence_key": LICENCE, "mineral_group": "IV"}
    for procedure in ("LT-12", "LT-15"):
        result, reason, evidence = here.ask(procedure, stated)["EIA_DECISION_EXISTS"]
        assert (result, reason) == ("UNKNOWN", "GROUP_DIFFERS_FROM_RECORD")
        assert (evidence["mineral_group"], evidence["groups_on_record"]) == ("IV", ["III"])
    unknown = here.ask("LT-12", stated | {"licence_key": "mineral_cadastre:9999"})["EIA_DECISION_EXISTS"]
    assert unknown[0] == "UNKNOWN" and unknown[2]["groups_on_record"] == []
    of_group_four = f"update release.mineral_licence set mineral_group = 'IV' where licence_key = '{LICENCE}'"
    with here.changed(of_group_four) as conn:
        assert answers(conn, "LT-12", stated)["EIA_DECISION_EXISTS"][:2] == ("PASS", "GROUP_NEEDS_NONE")
    assert here.ask("LT-15", {"mineral_group": "IV"})["EIA_DECISION_EXISTS"][:2] == ("PASS", "GROUP_NEEDS_NONE")
