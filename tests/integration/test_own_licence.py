"""A licence is the applicant's own where the procedure builds on it and the register has the applicant as holder."""

import pytest

from tests.benchmarks.checks_world import TAX_CODE
from tests.integration.answered_province import answers, province

# Licence 17 is for exploration, licence 16 for exploitation; both are held by the organisation of this tax code.
EXPLORED, EXPLOITED = "mineral_cadastre:17", "mineral_cadastre:16"
OTHER_TAX_CODE = "0100109106"
PLACE = "select st_asgeojson(st_pointonsurface(geom))::jsonb from release.mineral_licence where licence_key = %s"
ALONE = (
    "delete from release.mineral_constraint_piece "
    "where constraint_dataset = 'mineral_licence' and constraint_key <> '{}'"
)


@pytest.fixture(scope="module")
def here(cluster, homes):
    home = homes / "own-licence"
    home.mkdir(mode=0o711, exist_ok=True)
    with province(cluster, "own_licence", home) as made:
        yield made


def overlap(here, procedure: str, licence: str, **stated: str) -> tuple:
    """What is found inside this licence, where no other lies."""
    with here.changed(ALONE.format(licence)) as conn:
        (place,) = conn.execute(PLACE, (licence,)).fetchone()
        subject = {"geometry": place, "srid": 4756} | stated
        return answers(conn, procedure, subject)["NO_LICENCE_OVERLAP"]


def test_naming_a_licence_does_not_make_it_ones_own(here):
    named = {"licence_key": EXPLORED, "organisation_tax_code": TAX_CODE}
    for procedure, stated in (
        ("LT-14", {"licence_key": EXPLORED}),
        ("LT-14", named),
        ("LT-15", {"licence_key": EXPLORED}),
        ("LT-15", named | {"organisation_tax_code": OTHER_TAX_CODE}),
    ):
        result, reason, evidence = overlap(here, procedure, EXPLORED, **stated)
        assert (result, reason) == ("FAIL", "OVERLAPS"), (procedure, stated)
        assert [o["constraint_key"] for o in evidence["overlaps"]] == [EXPLORED]


def test_the_holder_of_an_exploration_licence_may_ask_to_exploit_its_place(here):
    for name in ({"licence_key": EXPLORED}, {"licence_number": "17/GP-UBND"}):
        found = overlap(here, "LT-15", EXPLORED, organisation_tax_code=TAX_CODE, **name)
        assert found == ("PASS", "NO_OVERLAP", {"own_licence": EXPLORED})
    exploited = overlap(here, "LT-15", EXPLOITED, organisation_tax_code=TAX_CODE, licence_key=EXPLOITED)
    assert exploited[:2] == ("FAIL", "OVERLAPS"), "what is exploited already is not asked for again"


def test_a_miner_converts_the_ground_of_the_own_licence(here):
    own = {"licence_key": EXPLOITED, "organisation_tax_code": TAX_CODE}
    assert overlap(here, "LT-11", EXPLOITED, **own) == ("PASS", "NO_OVERLAP", {"own_licence": EXPLOITED})
    for stated in ({"licence_key": EXPLOITED}, own | {"organisation_tax_code": OTHER_TAX_CODE}):
        assert overlap(here, "LT-11", EXPLOITED, **stated)[:2] == ("FAIL", "OVERLAPS"), stated


def test_a_branch_has_a_licence_of_its_own(here):
    """However its code is typed; registers write it with a dash."""
    coded = f"update release.mineral_licence set holder_tax_code = '{TAX_CODE}-001' where licence_key = '{EXPLOITED}'"
    with here.changed(ALONE.format(EXPLOITED), coded) as conn:
        (place,) = conn.execute(PLACE, (EXPLOITED,)).fetchone()
        for typed in ("-001", "001", " 001"):
            named = {"licence_key": EXPLOITED, "organisation_tax_code": TAX_CODE + typed}
            found = answers(conn, "LT-11", {"geometry": place, "srid": 4756} | named)["NO_LICENCE_OVERLAP"]
            assert found == ("PASS", "NO_OVERLAP", {"own_licence": EXPLOITED}), typed
