"""Every commune code of a question is judged, and a day that has not come shows nothing."""

import pytest

from tests.integration.answered_province import answers, province
from tests.integration.checked_subjects import number

BOTH = {"parcel_keys": ["land_registry:1", "land_registry:40"]}
STRANGE = "update release.land_parcel set source_commune_code = '99999' where parcel_key = 'land_registry:{}'"


@pytest.fixture(scope="module")
def here(cluster, homes):
    home = homes / "commune-codes"
    home.mkdir(mode=0o711, exist_ok=True)
    with province(cluster, "commune_codes", home) as made:
        yield made


@pytest.mark.parametrize("strange", [1, 40])
def test_the_code_of_every_parcel_is_judged(here, strange):
    assert here.ask("LT-01", BOTH)["COMMUNE_CODE_VALID"][:2] == ("PASS", "CODE_VALID")
    with here.changed(STRANGE.format(strange)) as conn:
        found = answers(conn, "LT-01", BOTH)["COMMUNE_CODE_VALID"]
    assert found[:2] == ("FAIL", "CODE_NOT_VALID") and found[2]["commune_code"] == "99999"


def test_a_parcel_that_is_not_known_has_no_valid_code(here):
    named = {"parcel_keys": ["land_registry:1", "land_registry:999999"]}
    assert here.ask("LT-01", named)["COMMUNE_CODE_VALID"][:2] == ("UNKNOWN", "PARCEL_NOT_FOUND")


def test_a_code_beside_a_parcel_number_is_judged_with_it(here):
    valid = {"commune_code": "90001", "commune_valid_on": "2026-01-01"}
    numbered = {"parcel": number("99999", "0", "1")}
    assert here.ask("LT-01", valid | numbered)["COMMUNE_CODE_VALID"][:2] == ("FAIL", "CODE_NOT_VALID")
    assert here.ask("LT-01", valid | {"parcel": number("90002", "0", "1")})["COMMUNE_CODE_VALID"][0] == "PASS"


def test_a_day_in_the_future_is_unknown(here):
    code = {"commune_code": "90001"}
    for day, expected in (("2099-01-01", ("UNKNOWN", "DAY_NOT_REACHED")), ("2026-01-01", ("PASS", "CODE_VALID"))):
        assert here.ask("LT-01", code | {"commune_valid_on": day})["COMMUNE_CODE_VALID"][:2] == expected
    asked = code | {"commune_valid_on": "2026-02-02", "asked_at": "2026-02-01T08:00:00+07:00"}
    assert here.ask("LT-01", asked)["COMMUNE_CODE_VALID"][:2] == ("UNKNOWN", "DAY_NOT_REACHED")
