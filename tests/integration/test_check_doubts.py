"""No wrong PASS where the data themselves are in doubt: served as they last were, too old, or asked of a day before."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from tests.benchmarks.checks_world import TAX_CODE
from tests.integration.answered_province import HELD_NOW, answers, province
from tests.integration.checked_subjects import parcel

RESTRICTION = "land_registry:R:18"  # the seizure of parcel 18


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
        HELD_NOW.format(dataset="land_restriction", key=RESTRICTION, concerns="land_registry:18"),
        f"insert into release.held select 'land_restriction', release_id, '{RESTRICTION}', null, true from release.pointer",
        f"update release.land_restriction set is_held = true where restriction_key = '{RESTRICTION}'",
    )
    with here.changed(*served) as conn:
        assert [row[:2] for row in told(conn)] == [("ENCUMBERED", "SEIZURE")], "told once, as it last was"
    lifted = "update release.land_restriction set {} where restriction_key = '" + RESTRICTION + "'"
    for change in ("is_active = false", "valid_to = current_date - 1", "parcel_keys = '{land_registry:20}'"):
        with here.changed(*served, lifted.format(change)) as conn:
            assert told(conn) == [("HELD", None, "held for L03")], change
            assert answers(conn, "LT-09", parcel(18))["NO_SEIZURE"][0] == "HELD", change
