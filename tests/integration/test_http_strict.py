"""Over HTTP nothing that is asked is passed over: what is given twice, misplaced, compressed or left out is told."""

import gzip
import unicodedata

import httpx
import pytest

from infra.http_face.service import start_http_face
from infra.processes import stop_all
from tests.integration.answered_province import province
from tests.integration.checked_subjects import parcel
from tests.integration.test_http_face import assert_problem

ASK = "/v1/procedures/LT-09/check"
SUBJECT = '{"subject": {"parcel_key": "land_registry:1"}}'


@pytest.fixture(scope="module")
def client(cluster, homes):
    home = homes / "http-strict"
    home.mkdir(mode=0o711, exist_ok=True)
    with province(cluster, "http_strict", home):
        with httpx.Client(base_url=start_http_face(), trust_env=False, timeout=10) as made:
            yield made
        stop_all(home, grace=5)


REFUSED = {
    "is given twice": '{"subject": {"parcel_key": "land_registry:18", "parcel_key": "land_registry:1"}}',
    "beyond the range": '{"subject": {"area_m2": 1e400}}',
    "none of JSON": '{"subject": {"area_m2": NaN}}',
    "zero byte": '{"subject": {"parcel_key": "land_registry:1\\u0000"}}',
    "valid integer": '{"subject": {}, "release_id": true}',
}


@pytest.mark.parametrize("problem", REFUSED)
def test_unclear_questions_are_refused(client, problem):
    answer = client.post(ASK, content=REFUSED[problem], headers={"content-type": "application/json"})
    assert_problem(answer, 400, problem)


def test_a_body_is_read_as_json_only(client):
    compressed = {"content-type": "application/json", "content-encoding": "gzip"}
    assert_problem(client.post(ASK, content=gzip.compress(SUBJECT.encode()), headers=compressed), 415, "compressed")
    assert_problem(client.post(ASK, content=SUBJECT, headers={"content-type": "text/plain"}), 415, "not declared")
    assert client.post(ASK, content=SUBJECT, headers={"content-type": "application/json"}).status_code == 200


def test_an_empty_question_is_answered_at_once(client):
    """It waited for a body for ever, and with it one of the places of the service."""
    for headers in ({"content-type": "application/json"}, {}):
        assert_problem(client.post(ASK, headers=headers), 400, "Field required")


def test_a_parameter_that_nobody_knows_is_not_passed_over(client):
    for address, problem in (
        (f"{ASK}?release_id=1", "release_id is not known here"),
        (f"{ASK}?receipt=false&receipt=false", "receipt is given twice"),
        ("/v1/procedures?sector=LAND", "sector is not known here"),
    ):
        answer = client.get(address) if "?sector" in address else client.post(address, json={"subject": {}})
        assert_problem(answer, 400, problem)


def test_combining_marks_make_no_other_text(client):
    number = {"commune_code": "90020", "commune_valid_on": "2026-01-01", "sheet_no": " 00", "parcel_no": "07"}
    for subject in ({"parcel": number}, parcel(7, certificate_serial="AA 00000007")):
        told = []
        for form in ("NFC", "NFD"):
            marked = subject | {"certificate_serial": unicodedata.normalize(form, "TỜ Ố 7")}
            told.append(client.post(ASK, json={"subject": marked}).json()["answers"])
        assert told[0] == told[1]
        assert told[0][0]["result"] == "PASS"
