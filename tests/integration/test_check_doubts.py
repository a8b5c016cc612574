"""No wrong PASS where the data themselves are in doubt: served as they last were, too old, or asked of a day before."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from tests.benchmarks.checks_world import TAX_CODE
from tests.integration.answered_province import HELD_NOW, answers, province
from tests.integration.checked_subjects import parcel

RESTRICTION = "land_registry:R:18"  # the seizure of parcel 18
SERVED = (
    f"insert into release.held select 'land_restriction', release_id, '{RESTRICTION}', null, true from release.pointer"
)


@pytest.fixture(scope="module")
def here(cluster, homes):
    home = homes / "check-doubts"
    home.mkdir(mode=0o711, exist_ok=True)
    with province(cluster, "check_doubts", home) as made:
        yield made


def told(conn: psycopg.Connection, number: int = 18) -> list[tuple[str, str | None, str | None]]:
    """What parcel_encumbrances says of a parcel."""
    query = "select answer, kind, reason from shared.parcel_encumbrances(%s)"
    return conn.execute(query, [f"land_registry:{number}"]).fetchall()


def test_a_seizure_served_as_it_last_was_lifted_does_not_make_a_parcel_free(here):
    served = (
        HELD_NOW.format(dataset="land_restriction", key=RESTRICTION, concerns="land_parcel:land_registry:18"),
        SERVED,
        f"update release.land_restriction set is_held = true where restriction_key = '{RESTRICTION}'",
    )
    with here.changed(*served) as conn:
        assert [row[:2] for row in told(conn)] == [("ENCUMBERED", "SEIZURE")], "told once, as it last was"
    lifted = "update release.land_restriction set {} where restriction_key = '" + RESTRICTION + "'"
    for change in ("is_active = false", "valid_to = current_date - 1", "parcel_keys = '{land_registry:20}'"):
        with here.changed(*served, lifted.format(change)) as conn:
            assert told(conn) == [("HELD", None, "held for L03")], change
            assert answers(conn, "LT-09", parcel(18))["NO_SEIZURE"][0] == "HELD", change


OLD = "update release.dataset_release set source_as_of = now() - interval '3 days', max_age = {} where dataset = '{}'"


def test_neither_free_nor_encumbered_by_a_source_that_is_too_old(here):
    for dataset in ("land_restriction", "land_parcel"):
        with here.changed(OLD.format("interval '7 days'", dataset)) as conn:
            assert [row[:2] for row in told(conn, 1) + told(conn)] == [("FREE", None), ("ENCUMBERED", "SEIZURE")]
        with here.changed(OLD.format("interval '2 days'", dataset)) as conn:
            found = told(conn, 1) + told(conn) + told(conn, 7)
            assert [row[:2] for row in found] == [("STALE", None), ("STALE", "SEIZURE"), ("STALE", "DISPUTE")], dataset
            reasons = [str(row[2]) for row in found]
            assert all(f"the source of {dataset} is of 20" in reason for reason in reasons)
            assert all("older than the 48 hours" in reason for reason in reasons)
            assert told(conn, 999999) == [("UNKNOWN", None, "no parcel of this key in the release")]


def test_an_organisation_is_known_by_registers_that_have_an_age(here):
    subject = {"organisation_tax_code": TAX_CODE}
    assert here.ask("LT-12", subject)["ORGANISATION_KNOWN"][0] == "PASS"
    result, _, evidence = here.ask("LT-12", subject | {"max_age_hours": 0.000001})["ORGANISATION_KNOWN"]
    assert (result, evidence["would_be"]) == ("STALE", "PASS")
    assert {s["dataset"] for s in evidence["stale"]} == {"party", "mineral_licence", "facility"}
    as_of = "select as_of from shared.check_procedure('LT-12', '{}') where check_code = 'ORGANISATION_KNOWN'"
    with here.changed(OLD.format("interval '7 days'", "facility")) as conn:
        assert conn.execute(as_of).fetchone()[0] < datetime.now(UTC) - timedelta(days=2), "that of the oldest"
    held = HELD_NOW.format(dataset="facility", key="environment_permits:1", concerns=TAX_CODE)
    with here.changed(held) as conn:
        assert answers(conn, "LT-12", subject)["ORGANISATION_KNOWN"][0] == "PASS", "other records are good"


def asked(day: str, **subject) -> dict:
    return subject | {"asked_at": f"{day}T08:00:00+07:00"}


def test_a_document_is_judged_by_its_term_on_the_day_of_the_question(here):
    def results(subject: dict, code: str = "LICENCE_IN_FORCE", procedure: str = "LT-12") -> tuple[str, str]:
        return answers(conn, procedure, subject)[code][:2]

    licence, permit = {"licence_key": "mineral_cadastre:1"}, {"permit_key": "environment_permits:3"}
    change = "update release.mineral_licence set {} where licence_key = 'mineral_cadastre:1'"
    permitted = "update release.environmental_permit set {} where permit_key = 'environment_permits:3'"
    with here.changed(change.format("valid_from = '2026-06-01'")) as conn:
        assert results(asked("2026-01-01", **licence)) == ("FAIL", "LICENCE_NOT_YET")
        assert results(asked("2026-06-01", **licence)) == results(licence) == ("PASS", "LICENCE_IN_FORCE")
    with here.changed(change.format("status = 'EXPIRED', valid_to = '2026-06-30'")) as conn:
        assert results(asked("2026-06-30", **licence)) == ("PASS", "LICENCE_IN_FORCE"), "not yet over then"
        assert results(asked("2026-07-01", **licence)) == results(licence) == ("FAIL", "LICENCE_EXPIRED")
    with here.changed(change.format("status = 'REPLACED'")) as conn:
        assert results(asked("2026-06-30", **licence)) == ("UNKNOWN", "LICENCE_STATUS_UNKNOWN")
        assert results(licence) == ("FAIL", "LICENCE_REPLACED")
    with here.changed(permitted.format("status = 'EXPIRED', valid_to = '2026-06-30'")) as conn:
        assert results(asked("2026-06-30", **permit), "PERMIT_IN_FORCE")[0] == "PASS"
        assert results(asked("2025-12-31", **permit), "PERMIT_IN_FORCE") == ("FAIL", "PERMIT_NOT_YET")
        assert results(permit, "PERMIT_IN_FORCE") == ("FAIL", "PERMIT_EXPIRED")
    with here.changed(permitted.format("status = 'REPLACED'")) as conn:
        assert results(asked("2026-06-30", **permit), "PERMIT_IN_FORCE") == ("UNKNOWN", "PERMIT_STATUS_UNKNOWN")
        assert results(permit, "PERMIT_IN_FORCE") == ("FAIL", "PERMIT_REPLACED")


def test_what_ended_before_the_release_bound_on_the_day_before(here):
    over = f"update release.land_restriction set is_active = false, {{}} where restriction_key = '{RESTRICTION}'"
    then, later = asked("2026-03-31", **parcel(18)), asked("2026-04-01", **parcel(18))
    with here.changed(over.format("valid_to = '2026-03-31'")) as conn:
        found = [answers(conn, "LT-09", subject)["NO_SEIZURE"][0] for subject in (then, later, parcel(18))]
        assert found == ["FAIL", "PASS", "PASS"]
    with here.changed(over.format("kind = 'DISPUTE'")) as conn:
        for procedure, check in (("LT-09", "NO_DISPUTE"), ("LT-13", "DISPUTE_KNOWN")):
            result, reason, evidence = answers(conn, procedure, then)[check]
            assert (result, reason, evidence["restriction_keys"]) == ("UNKNOWN", "END_NOT_RECORDED", [RESTRICTION])
            assert answers(conn, procedure, parcel(18))[check][0] == "PASS"
        assert answers(conn, "LT-09", asked("2025-12-31", **parcel(18)))["NO_DISPUTE"][0] == "PASS", "not begun then"


def test_a_block_reaches_a_parcel_by_its_right_and_without_one_nothing_is_known(here):
    checks = ("NO_BLOCK_ON_CERTIFICATE", "NO_BLOCK_ON_PERSON")
    held = HELD_NOW.format(dataset="land_right", key="land_registry:x", concerns="land_parcel:land_registry:1")
    gone = "delete from release.land_right where parcel_key = 'land_registry:1'"
    with here.changed() as conn:
        assert [answers(conn, "LT-09", parcel(1))[check][0] for check in checks] == ["PASS", "PASS"]
    for changes in ((held,), (held, gone)):
        with here.changed(*changes) as conn:
            found = answers(conn, "LT-09", parcel(1))
            assert [found[check][0] for check in checks] == ["HELD", "HELD"]
            assert found["NO_BLOCK_ON_PARCEL"][0] == "PASS", "the parcel is reached without a right"
    with here.changed(gone) as conn:
        both = {"parcel_keys": ["land_registry:1", "land_registry:2"]}
        for found in (answers(conn, "LT-09", subject) for subject in (parcel(1), both)):
            for check in checks:
                result, reason, evidence = found[check]
                assert (result, reason) == ("UNKNOWN", "RIGHT_NOT_RECORDED")
                assert evidence["parcel_keys"] == ["land_registry:1"] and evidence["missing"]
