"""Over HTTP a held record is not "not found": its item says HELD, and a list in which it is missing leads to why."""

from collections.abc import Iterator

import httpx
import psycopg
import pytest

from infra.http_face.service import start_http_face
from infra.processes import stop_all
from tests.integration.answered_province import HELD_NOW, Province, province
from tests.integration.browser import open_browser, opened

KEY = "land_registry:18"
USE = "land_registry:7|1"
LINK = "/collections/held_record/items?dataset=land_parcel&record_key=land_registry%3A18"
SERVED = "land_registry:19"
STRANGE = "land_registry:20||x"


@pytest.fixture(scope="module")
def here(cluster, homes) -> Iterator[Province]:
    """A province in which two records are held and gone, one is held and served as it last was good."""
    home = homes / "http-held"
    home.mkdir(mode=0o711, exist_ok=True)
    with province(cluster, "http_held", home) as made:
        with psycopg.connect(made.admin_dsn, autocommit=True) as conn:
            for dataset, key in (("land_parcel", KEY), ("land_parcel", SERVED), ("land_parcel_use", USE),
                                 ("land_parcel_use", STRANGE)):  # fmt: skip
                conn.execute(HELD_NOW.format(dataset=dataset, key=key, concerns=""))
            conn.execute(
                """update quality.row_outcome set suggestion = '{"area_m2": 12.5}' where record_key = %s""", [KEY]
            )
            gone = "update release.{} set from_release = from_release + 1 where {} = '{}'"
            conn.execute(gone.format("land_parcel", "parcel_key", KEY))
            conn.execute(gone.format("land_parcel_use", "concat_ws('|', parcel_key, seq)", USE))
            conn.execute("update release.land_parcel set is_held = true where parcel_key = %s", [SERVED])
            conn.execute(
                "insert into release.held select 'land_parcel', release_id, %s, null, true from release.pointer",
                [SERVED],
            )
        yield made
        stop_all(home, grace=5)


@pytest.fixture(scope="module")
def client(here) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=start_http_face(), trust_env=False, timeout=20) as made:
        yield made


def test_a_held_item_is_held_and_not_missing(client):
    answer = client.get(f"/collections/land_parcel/items/{KEY}")
    assert (answer.status_code, answer.headers["content-type"]) == (409, "application/problem+json"), answer.text
    told = answer.json()
    assert (told["type"], told["status"], told["result"], told["reason_code"]) == (
        "/collections/held_record", 409, "HELD", "RECORD_HELD")  # fmt: skip
    held = told["held"]
    assert (held["dataset"], held["record_key"], held["rules"]) == ("land_parcel", KEY, ["L03"])
    assert (held["custodian"], held["suggestion"]) == ("Văn phòng đăng ký", {"area_m2": 12.5})
    assert held["since"] and "Văn phòng đăng ký" in told["next_step"]
    (listed,) = client.get(told["see"]).json()["features"]
    assert listed["properties"]["record_key"] == KEY
    assert client.get(told["type"]).status_code == 200


def test_a_key_of_several_columns_and_a_key_without_form_are_held_too(client):
    for key in (USE, STRANGE):
        answer = client.get(f"/collections/shared.land_parcel_use/items/{key}")
        assert (answer.status_code, answer.json()["result"], answer.json()["held"]["record_key"]) == (409, "HELD", key)


def test_what_is_served_or_nowhere_is_answered_as_before(client):
    served = client.get(f"/collections/land_parcel/items/{SERVED}")
    assert (served.status_code, served.json()["properties"]["is_held"]) == (200, True)
    good = client.get("/collections/land_parcel/items/land_registry:21")
    assert (good.status_code, good.json()["properties"]["is_held"]) == (200, False)
    for key, status in (("land_registry:4711", 404), ("1' or '1'='1", 404)):
        answer = client.get(f"/collections/land_parcel/items/{key}")
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert client.get(f"/collections/facility/items/{KEY}").status_code == 404, "held is the parcel"
    assert client.get(f"/collections/land_parcel_use/items/{KEY}").status_code == 400


def related(page: dict) -> list[str]:
    return [link["href"] for link in page["links"] if link["rel"] == "related"]


@pytest.mark.parametrize("condition", [{"parcel_key": KEY}, {"ids": KEY}, {"ids": f"land_registry:21,{KEY}"}])
def test_a_list_without_the_held_record_leads_to_it(client, condition):
    answer = client.get("/collections/land_parcel/items", params=condition)
    assert related(answer.json()) == [LINK]
    assert answer.json()["numberMatched"] == (1 if "," in str(condition) else 0)
    assert answer.headers["link"] == f'<{LINK}>; rel="related"; title="HELD"'
    assert client.get(LINK).json()["numberMatched"] == 1
    table = client.get("/collections/land_parcel/items", params={**condition, "f": "csv"})
    assert table.headers["link"] == answer.headers["link"]
    header, *lines = table.text.splitlines()
    assert header.startswith("collectionId,itemId,") and len(lines) == answer.json()["numberMatched"]


def test_a_list_of_nothing_leads_to_what_is_held_and_other_lists_do_not(client):
    empty = client.get("/collections/land_parcel/items", params={"commune_code": "nowhere"})
    assert related(empty.json()) == ["/collections/held_record/items?dataset=land_parcel"]
    for condition in ({"limit": 2}, {"parcel_key": "land_registry:21"}, {"parcel_key": SERVED}):
        answer = client.get("/collections/land_parcel/items", params=condition)
        assert related(answer.json()) == [] and "link" not in answer.headers, condition
    assert "409" in client.get("/api").json()["paths"]["/collections/{collectionId}/items/{itemId}"]["get"]["responses"]


def test_a_browser_reads_why(client):
    base = str(client.base_url).rstrip("/")
    with open_browser() as browser, opened(browser) as tab:
        answer = tab.page.goto(f"{base}/collections/land_parcel/items/{KEY}")
        assert (answer.status, answer.headers["content-type"]) == (409, "text/html; charset=utf-8")
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        tab.page.get_by_text("đang bị giữ lại (HELD)").first.wait_for(timeout=10_000)
        tab.page.get_by_text("Văn phòng đăng ký").first.wait_for()
        tab.page.get_by_role("link", name="held_record").click()
        tab.page.get_by_text(KEY).first.wait_for(timeout=10_000)
        assert [url for url in tab.elsewhere if not url.startswith(base)] == []
