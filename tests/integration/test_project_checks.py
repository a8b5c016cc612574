"""Who may grant, how old a licence is, what a project's group asks for, and what was gained in area."""

import psycopg
import pytest

from tests.integration.answered_province import HELD_NOW, PUBLISH_ANOTHER, Province, answers, province
from tests.integration.checked_subjects import AGE_LOADED, parcel


@pytest.fixture(scope="module")
def here(cluster, homes):
    home = homes / "project-checks"
    home.mkdir(mode=0o711, exist_ok=True)
    with province(cluster, "project_checks", home) as made:
        yield made


def competent(here: Province, day: str, procedure: str, group: str, authority: str) -> tuple:
    """What AUTHORITY_COMPETENT says on a day; asked of the check, for the procedures are younger than the law."""
    query = """
        select (checks.authority_competent(
            jsonb_populate_record(null::checks.question, jsonb_build_object(
                'asked_on', %s::text,
                'subject', jsonb_build_object('mineral_group', %s::text, 'licensing_authority', %s::text)
            )), r.parameters
        )).*
        from release.procedure_requirement as r
        where r.check_code = 'AUTHORITY_COMPETENT' and r.procedure_code = %s
    """
    with psycopg.connect(here.admin_dsn) as conn:
        return conn.execute(query, (day, group, authority, procedure)).fetchone()


# Law 60/2010 knew no groups, so both levels count; Law 54/2024 since 2025-07-01; Law 147/2025 since 2026-01-01.
ERAS = [
    ("2025-06-30", "LT-14", "I", "UBND", "PASS"),
    ("2025-07-01", "LT-14", "III", "BNNMT", "FAIL"),
    ("2025-07-01", "LT-14", "I", "BNNMT", "PASS"),
    ("2025-06-30", "LT-15", "III", "BNNMT", "PASS"),
    ("2025-07-01", "LT-15", "III", "BNNMT", "FAIL"),
    ("2025-12-31", "LT-15", "II", "BNNMT", "PASS"),
    ("2026-01-01", "LT-15", "II", "BNNMT", "FAIL"),
    ("2026-01-01", "LT-15", "II", "UBND", "PASS"),
    ("2025-06-30", "LT-15", "IV", "BNNMT", "PASS"),
    ("2025-07-01", "LT-15", "IV", "UBND", "PASS"),
    ("2025-07-01", "LT-14", "IV", "UBND", "UNKNOWN"),
    ("2011-06-30", "LT-14", "I", "BNNMT", "UNKNOWN"),
]


@pytest.mark.parametrize(("day", "procedure", "group", "authority", "result"), ERAS)
def test_the_authority_is_that_of_the_day(here, day, procedure, group, authority, result):
    found, reason, evidence = competent(here, day, procedure, group, authority)
    assert found == result, (reason, evidence)
    if result == "UNKNOWN":
        assert reason == "LIMIT_NOT_LOADED" and evidence["missing"]
    else:
        assert (authority in evidence["competent"]) == (result == "PASS")
        assert all("Luật" in basis for basis in evidence["legal_basis"])


@pytest.mark.parametrize(
    ("day", "procedure", "conditions"),
    [("2025-07-01", "LT-15", 1), ("2026-05-17", "LT-14", 1), ("2026-05-18", "LT-14", 2)],
)
def test_what_depends_on_a_condition_speaks_against_nobody(here, day, procedure, conditions):
    found, reason, evidence = competent(here, day, procedure, "I", "UBND")
    assert (found, reason) == ("UNKNOWN", "AUTHORITY_DEPENDS"), evidence
    assert len(evidence["missing"]) == conditions and evidence["competent"] == ["BNNMT"]
    assert any("nhỏ" in condition for condition in evidence["missing"])
    assert competent(here, day, procedure, "I", "BNNMT")[0] == "PASS"


def test_the_day_of_the_question_decides_and_before_the_law_there_is_no_procedure(here):
    minister = {"mineral_group": "II", "licensing_authority": "BNNMT"}
    for day, result in (("2025-07-02", "PASS"), ("2025-12-31", "PASS"), ("2026-01-01", "FAIL")):
        asked = minister | {"asked_at": f"{day}T08:00:00+07:00"}
        assert here.ask("LT-14", asked)["AUTHORITY_COMPETENT"][0] == result, day
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="LT-14 is not known on 2025-06-30"):
        here.ask("LT-14", minister | {"asked_at": "2025-06-30T08:00:00+07:00"})


def test_a_past_release_answers_with_its_own_rows_of_competence(here):
    ministry_again = """
        update release.procedure_requirement set parameters = jsonb_set(parameters, '{competence}', (
            select jsonb_agg(c || '{"authority": "BNNMT"}') from jsonb_array_elements(parameters -> 'competence') as c
        )) where check_code = 'AUTHORITY_COMPETENT' and from_release > (select min(release_id) from release.release)
    """
    later = """
        with closed as (
            update release.procedure_requirement set to_release = (select max(release_id) from release.release)
            where check_code = 'AUTHORITY_COMPETENT' returning *
        )
        insert into release.procedure_requirement
        select (jsonb_populate_record(
            null::release.procedure_requirement, to_jsonb(c) || jsonb_build_object(
                'from_release', c.to_release, 'to_release', 9223372036854775807
            )
        )).* from closed as c
    """
    subject = {"mineral_group": "III", "licensing_authority": "BNNMT"}
    with here.changed(*PUBLISH_ANOTHER, later, ministry_again) as conn:
        assert answers(conn, "LT-14", subject)["AUTHORITY_COMPETENT"][0] == "PASS"
        assert answers(conn, "LT-14", subject, here.release)["AUTHORITY_COMPETENT"][0] == "FAIL"


def test_a_licence_is_as_old_as_its_day_of_issue_and_no_limit_is_made_up(here):
    exploitation = {"licence_number": "4/GP-UBND"}
    result, reason, evidence = here.ask("LT-17", exploitation)["LICENCE_AGE"]
    assert (result, reason) == ("UNKNOWN", "LIMIT_NOT_LOADED")
    assert evidence["is_confirmed"] is False and evidence["least_months"] is None and evidence["age_months"] >= 10
    issued = "update release.mineral_licence set issued_on = '2025-10-16' where licence_key = 'mineral_cadastre:4'"
    for day, months, result in (("2026-10-15", 11, "FAIL"), ("2026-10-16", 12, "PASS"), ("2026-10-17", 12, "PASS")):
        with here.changed(AGE_LOADED, issued) as conn:
            asked = {"licence_key": "mineral_cadastre:4", "asked_at": f"{day}T08:00:00+07:00"}
            found = answers(conn, "LT-17", asked)["LICENCE_AGE"]
            assert (found[0], found[2]["age_months"]) == (result, months), day
    undated = "update release.mineral_licence set issued_on = null where licence_key = 'mineral_cadastre:4'"
    with here.changed(AGE_LOADED, undated) as conn:
        found = answers(conn, "LT-17", {"licence_key": "mineral_cadastre:4"})["LICENCE_AGE"]
        assert found[:2] == ("UNKNOWN", "DAY_OF_ISSUE_NOT_KNOWN")


@pytest.mark.parametrize(("subject", "expected"), [
    ({"project_group": "I"}, ("PASS", "APPRAISAL_REQUIRED")),
    ({"project_group": "II"}, ("UNKNOWN", "NEED_NOT_TOLD")),
    ({"project_group": "IV"}, ("FAIL", "APPRAISAL_NOT_REQUIRED")),
    ({"project_group": "I", "mineral_group": "IV"}, ("FAIL", "APPRAISAL_NOT_REQUIRED")),
    ({}, ("UNKNOWN", "SUBJECT_LACKS")),
    ({"facility_key": "environment_permits:3"}, ("UNKNOWN", "NEED_NOT_TOLD")),
    ({"facility_key": "environment_permits:3", "project_group": "I"}, ("UNKNOWN", "GROUP_DIFFERS_FROM_RECORD")),
    ({"facility_key": "other:1", "project_group": "I"}, ("PASS", "APPRAISAL_REQUIRED")),
])  # fmt: skip
def test_the_group_of_a_project_is_compared_with_what_is_on_record(here, subject, expected):
    assert here.ask("LT-20", subject)["EIA_APPRAISAL_REQUIRED"][:2] == expected


def test_records_that_disagree_about_the_group_decide_nothing(here):
    other = "update release.eia_decision set project_group = 'I' where facility_key = 'environment_permits:2'"
    with here.changed(other) as conn:
        for stated in ({}, {"project_group": "III"}):
            found = answers(conn, "LT-20", {"facility_key": "environment_permits:2"} | stated)["EIA_APPRAISAL_REQUIRED"]
            assert found[:2] == ("UNKNOWN", "GROUP_DIFFERS_FROM_RECORD")
            assert found[2]["groups_on_record"] == ["I", "II"]
        one = {"facility_key": "environment_permits:2", "project_group": "I"}
        assert answers(conn, "LT-20", one)["EIA_APPRAISAL_REQUIRED"][0] == "PASS"


# Of the permits of the province one in three is in force, expired, or replaced; facility 3 has one in force.
IN_FORCE, EXPIRED = "environment_permits:3", "environment_permits:4"


@pytest.mark.parametrize(("subject", "expected"), [
    ({"target_land_use_code": "ONT"}, ("PASS", "USE_OF_NO_FACILITY")),
    ({"target_land_use_code": "SKC"}, ("UNKNOWN", "SUBJECT_LACKS")),
    ({}, ("UNKNOWN", "SUBJECT_LACKS")),
    ({"facility_key": IN_FORCE}, ("PASS", "FACILITY_PERMITTED")),
    ({"facility_key": EXPIRED}, ("FAIL", "NO_PERMIT_IN_FORCE")),
    ({"facility_key": "environment_permits:999"}, ("UNKNOWN", "NEED_NOT_TOLD")),
    ({"facility_key": EXPIRED, "project_group": "I"}, ("FAIL", "NO_PERMIT_IN_FORCE")),
    ({"facility_key": EXPIRED, "project_group": "III"}, ("UNKNOWN", "GROUP_DIFFERS_FROM_RECORD")),
    ({"facility_key": EXPIRED, "project_group": "IV"}, ("UNKNOWN", "GROUP_DIFFERS_FROM_RECORD")),
    ({"facility_key": "environment_permits:999", "project_group": "IV"}, ("PASS", "REGISTRATION_SUFFICES")),
    ({"facility_key": EXPIRED, "project_group": "I", "target_land_use_code": "ONT"}, ("FAIL", "NO_PERMIT_IN_FORCE")),
    ({"facility_key": "elsewhere:1", "project_group": "I"}, ("UNKNOWN", "REGISTER_NOT_CONNECTED")),
])  # fmt: skip
def test_a_facility_on_the_land_needs_its_permit(here, subject, expected):
    assert here.ask("LT-11", subject)["FACILITY_PERMITTED"][:2] == expected


def test_of_several_permits_of_a_facility_one_in_force_will_do_and_doubt_is_no_refusal(here):
    asked = {"facility_key": EXPIRED, "project_group": "I"}
    state = f"update release.environmental_permit set status = '{{}}', facility_key = '{EXPIRED}' where number = '{{}}'"
    with here.changed(state.format("UNKNOWN", "5")) as conn:
        assert answers(conn, "LT-11", asked)["FACILITY_PERMITTED"][:2] == ("UNKNOWN", "PERMIT_STATUS_UNKNOWN")
    with here.changed(state.format("UNKNOWN", "5"), state.format("IN_FORCE", "6")) as conn:
        result, _, evidence = answers(conn, "LT-11", asked)["FACILITY_PERMITTED"]
        assert result == "PASS" and len(evidence["permits"]) == 3
    held = HELD_NOW.format(
        dataset="environmental_permit", key="environment_permits:999", concerns=f"facility:{EXPIRED}"
    )
    with here.changed(held) as conn:
        assert answers(conn, "LT-11", asked)["FACILITY_PERMITTED"][0] == "HELD"


def test_where_no_group_is_stated_the_one_on_record_decides_and_several_do_not(here):
    asked = {"facility_key": EXPIRED}
    group = f"update release.environmental_permit set project_group = '{{}}' where facility_key = '{EXPIRED}'"
    decided = f"update release.eia_decision set project_group = '{{}}' where facility_key = '{EXPIRED}'"
    cases = (
        ("II", "II", ("FAIL", "NO_PERMIT_IN_FORCE"), ["II"]),
        ("IV", "IV", ("PASS", "REGISTRATION_SUFFICES"), ["IV"]),
        ("III", "III", ("UNKNOWN", "NEED_NOT_TOLD"), ["III"]),
        ("I", "II", ("UNKNOWN", "GROUP_DIFFERS_FROM_RECORD"), ["I", "II"]),
        ("IV", "II", ("UNKNOWN", "GROUP_DIFFERS_FROM_RECORD"), ["II", "IV"]),
    )
    for permit, decision, expected, groups in cases:
        with here.changed(group.format(permit), decided.format(decision)) as conn:
            found = answers(conn, "LT-11", asked)["FACILITY_PERMITTED"]
            assert found[:2] == expected and found[2]["groups_on_record"] == groups, (permit, decision)


def test_area_gained_is_more_than_the_certificate_says(here):
    surveyed = "update release.land_parcel set survey_area_m2 = {} where parcel_key = 'land_registry:1'"
    cases = (
        ("100.0", {}, ("UNKNOWN", "SUBJECT_LACKS")),
        ("100.0", {"area_m2": 100.9}, ("FAIL", "NO_AREA_GAINED")),
        ("100.0", {"area_m2": 101.1}, ("PASS", "AREA_GAINED")),
        ("112.5", {}, ("PASS", "AREA_GAINED")),
        ("112.5", {"area_m2": 95}, ("FAIL", "NO_AREA_GAINED")),
        ("null", {"area_m2": 130}, ("UNKNOWN", "AREA_NOT_RECORDED")),
    )
    for survey, stated, expected in cases:
        with here.changed(surveyed.format(survey)) as conn:
            assert answers(conn, "LT-04", parcel(1, **stated))["AREA_GAINED"][:2] == expected, (survey, stated)
    with here.changed(surveyed.format("112.5")) as conn:
        assert answers(conn, "LT-04", parcel(1))["AREA_GAINED"][2]["area_gained_m2"] == 12.5


def test_a_dispute_is_told_where_one_is_to_be_conciliated(here):
    assert here.ask("LT-13", parcel(1))["DISPUTE_KNOWN"][:2] == ("PASS", "NOT_DISPUTED")
    assert here.ask("LT-13", parcel(7))["DISPUTE_KNOWN"][:2] == ("PASS", "DISPUTED")
