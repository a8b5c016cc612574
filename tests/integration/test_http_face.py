"""Over HTTP the answers are those of SQL, conditions reach it as parameters, errors are problem documents."""

import json
import threading
import time
from secrets import token_urlsafe

import httpx
import psycopg
import pytest
import uvicorn

from connectors.errors import RuntimeNotReady
from connectors.receipts.receipt import read_receipt, verify_receipt
from connectors.receipts.replay import replay
from connectors.receipts.signing import read_public_key
from connectors.settings import warehouse_dsn
from infra.http_face import app as face
from infra.http_face.collection import make_collection
from infra.http_face.limits import DEEPEST_NESTING, nesting
from infra.http_face.service import start_http_face
from infra.ports import choose_port
from infra.processes import stop_all
from tests.integration.answered_province import province
from tests.integration.browser import open_browser, opened
from tests.integration.checked_subjects import SEEN_BOTH_WAYS, parcel, square


@pytest.fixture(scope="module")
def here(cluster, homes):
    home = homes / "http-face"
    home.mkdir(mode=0o711, exist_ok=True)
    with pytest.MonkeyPatch.context() as patch, province(cluster, "http_face", home) as made:
        patch.setenv("LIENTHONG_RECEIPT_KEY", token_urlsafe(32))
        yield made
        stop_all(home, grace=5)


@pytest.fixture(scope="module")
def client(here):
    with httpx.Client(base_url=start_http_face(), trust_env=False, timeout=20) as made:
        yield made


def items(client, name, **conditions):
    return client.get(f"/collections/{name}/items", params=conditions)


def assert_problem(answer, status, words):
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    assert answer.json()["status"] == status
    assert words in answer.text
    assert not any(word in answer.text for word in ("Traceback", "select ", "SELECT ", " release."))


def test_starting_it_again_keeps_it(client):
    assert start_http_face() == str(client.base_url).rstrip("/")


def test_it_does_not_start_on_a_wrong_transformation(here, monkeypatch):
    """A point 0.54 m off (rotations copied with their signs) must stop the start, and the error must say so."""
    monkeypatch.setattr("infra.http_face.service.SERVICE", "http-face-of-wrong-places")
    turned = "replace(proj4text, '0.00928836,-0.01975479,0.00427372', '-0.00928836,0.01975479,-0.00427372')"
    with psycopg.connect(here.admin_dsn, autocommit=True) as conn:
        rows = conn.execute("select srid, auth_name, srtext, proj4text from spatial_ref_sys where srid in (4756, 9217)")
        right = rows.fetchall()
        conn.execute(
            f"update spatial_ref_sys set auth_name = null, srtext = '', proj4text = {turned} where srid in (4756, 9217)"
        )
        try:
            with pytest.raises(RuntimeNotReady, match=r"(?s)WrongSrid.*spatial_ref_sys.*lon 108\.877201"):
                start_http_face()
        finally:
            back = "update spatial_ref_sys set (auth_name, srtext, proj4text) = (%s, %s, %s) where srid = %s"
            conn.cursor().executemany(back, [(*text, srid) for srid, *text in right])
    assert httpx.get(f"{start_http_face()}/healthz", trust_env=False).json() == {"status": "ok"}


def test_collections_are_the_datasets_and_nothing_else(here, client):
    with psycopg.connect(here.reader_dsn) as conn:
        datasets = {f"shared.{name}" for (name,) in conn.execute("select dataset from shared.dataset_status")}
    served = {c["id"] for c in client.get("/collections").json()["collections"]}
    assert datasets < served
    described = ("release", "dataset_status", "dataset_key", "held_record", "held_spell", "rule", "once_only_coverage")
    assert served - datasets == {f"shared.{name}" for name in described}
    conformance = client.get("/conformance").json()["conformsTo"]
    assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core" in conformance
    assert not [uri for uri in conformance if "filter" in uri or "cql" in uri]
    assert "/v1/procedures/{procedure_code}/check" in client.get("/api").json()["paths"]
    for outside in ("release.land_parcel", "warehouse.land_parcel", "pg_catalog.pg_authid", "land_parcel_version"):
        assert_problem(items(client, outside), 404, "not found")


def test_items_are_the_rows_of_sql(here, client):
    page = items(client, "shared.land_parcel", limit=50, sortby="-parcel_id", commune_code="90000").json()
    with psycopg.connect(here.reader_dsn) as conn:
        rows = conn.execute(
            "select to_jsonb(v) - 'geom' from shared.land_parcel as v where commune_code = '90000' "
            "order by parcel_id desc limit 50"
        ).fetchall()
        (count,) = conn.execute("select count(*) from shared.land_parcel where commune_code = '90000'").fetchone()
    assert [f["properties"] for f in page["features"]] == [row for (row,) in rows]
    assert page["numberMatched"] == count
    keys, link = [], "/collections/land_parcel/items?limit=400&properties=parcel_key"
    while link:
        page = client.get(link).json()
        keys += [f["id"] for f in page["features"]]
        link = next((e["href"] for e in page["links"] if e["rel"] == "next"), None)
    assert len(keys) == len(set(keys)) == page["numberMatched"] == 900
    one = client.get("/collections/land_parcel_use/items/land_registry:7|1").json()
    assert one["properties"]["land_use_code"] == "CLN"
    reached = items(client, "land_restriction", parcel_keys="land_registry:9").json()
    assert [f["id"] for f in reached["features"]] == ["land_registry:R:9"]
    west, south = square(0)["geometry"]["coordinates"][0][0]
    near = items(client, "land_parcel", bbox=f"{west - 0.01},{south - 0.01},{west + 0.01},{south + 0.01}").json()
    assert "land_registry:0" in [f["id"] for f in near["features"]]
    assert near["features"][0]["geometry"]["coordinates"][0][0][0][0] == pytest.approx(west, abs=0.02)
    in_force = items(client, "mineral_licence", datetime="2041-01-01T00:00:00Z/..").json()
    assert in_force["numberMatched"] == 0


def test_checks_are_those_of_sql(here, client):
    procedures = {row["catalogue_no"] for row in client.get("/v1/procedures").json()}
    assert len(procedures) == 23
    both = [(code, subject) for (code, _), pair in SEEN_BOTH_WAYS.items() for subject in pair if subject is not None]
    for code, subject in (*((code, parcel(18)) for code in procedures), *both):
        body = {"subject": subject, "release_id": here.release}
        answer = client.post(f"/v1/procedures/{code}/check", json=body).json()
        assert answer["release_id"] == here.release, answer
        told = {a["check_code"]: (a["result"], a["reason_code"], a["evidence"]) for a in answer["answers"]}
        assert told == here.ask(code, subject)
    assert {m["procedure_code"] for m in client.get("/v1/metrics").json()} == procedures
    by_number, by_code = (client.get(f"/v1/procedures/{name}/requirements").json() for name in ("LT-06", "1.012784"))
    assert by_number == by_code


def test_an_answer_comes_with_a_receipt_when_asked_for(here, client, tmp_path):
    ask, subject = "/v1/procedures/LT-09/check", parcel(18)
    assert client.post(ask, json={"subject": subject}).json()["receipt"] is None
    answer = client.post(ask, params={"receipt": "true"}, json={"subject": subject}).json()
    (tmp_path / "key.pem").write_text(client.get("/v1/receipt-key").json()["pem"])
    receipt = verify_receipt(answer["receipt"].encode(), [read_public_key(tmp_path / "key.pem")], where="answer")
    told = {a["check_code"]: (a["result"], a["reason_code"], a["evidence"]) for a in receipt.content["answers"]}
    assert told == here.ask("LT-09", subject)
    assert [a["check_code"] for a in answer["answers"]] == list(told)
    assert (receipt.subject, receipt.release_id) == (subject, here.release)
    with psycopg.connect(warehouse_dsn("auditor_reader"), autocommit=True) as conn:
        assert replay(read_receipt(answer["receipt"].encode(), where="answer"), conn).is_same
    person = {"subject": {"organisation_tax_code": "001099012345"}}
    assert_problem(client.post(ask, params={"receipt": "true"}, json=person), 400, "number of a person")
    described = client.get("/api").json()["components"]["schemas"]["Answers"]["properties"]["receipt"]
    assert "RFC 8785" in described["description"]


HOSTILE = "1' or '1'='1"
REFUSED = [
    (400, "filter is not served", {"filter": "pg_sleep(10)=1"}),
    (400, "filter-lang is not served", {"filter-lang": "cql2-text"}),
    (400, "is no column", {"comune_code": "90000"}),
    (400, "limit", {"limit": 100_000}),
    (400, "bbox", {"bbox": "900,1,2,3"}),
    (400, "sorted", {"sortby": "parcel_key; drop table x"}),
    (400, "has not the type", {"parcel_id": HOSTILE}),
    (400, "searched by geom", {"geom": "POINT(1 1)"}),
    (400, "simplify", {"simplify": "nan"}),
    (414, "too long", {"parcel_key": "x" * 5000}),
]


@pytest.mark.parametrize(("status", "words", "conditions"), REFUSED, ids=[words for _, words, _ in REFUSED])
def test_what_is_refused_is_a_problem_document(client, status, words, conditions):
    assert_problem(items(client, "shared.land_parcel", **conditions), status, words)


def test_a_hostile_value_is_only_a_value(client):
    assert items(client, "administrative_unit", full_name="Xã 90000").json()["numberMatched"] == 1
    assert items(client, "land_parcel", parcel_key=HOSTILE).json()["numberMatched"] == 0
    assert_problem(client.get("/collections/land_parcel/items/" + HOSTILE), 404, "does not exist")


def test_bad_questions_are_problem_documents(client):
    ask = "/v1/procedures/LT-14/check"
    for content, status, words in (
        ('{"subject": {"parcelkey": 1}}', 400, "which no check knows"),
        ('{"subject": ', 400, "JSON"),
        ('{"subject": {}, "relase": 1}', 400, "relase"),
        ('{"subject": {}, "release_id": 4711}', 400, "never published"),
        ('{"subject": {"geometry": ' + "[" * 100_000 + "]" * 100_000 + "}}", 400, "nested too deeply"),
        ('{"subject": {"x": "' + "y" * 2_000_000 + '"}}', 413, "too large"),
    ):
        assert_problem(client.post(ask, content=content, headers={"content-type": "application/json"}), status, words)
    assert_problem(client.post("/v1/procedures/x/check", json={"subject": {}}), 400, "not a procedure code")
    assert_problem(client.get(ask), 405, "Method Not Allowed")
    assert client.post(ask, json={"subject": {}}).status_code == 200


PAGES = {
    "/": "Hỏi điều Nhà nước đã biết",
    "/collections": "Bộ dữ liệu dùng chung",
    "/collections/land_parcel": "source_commune_valid_on",
    "/collections/land_parcel/queryables": "source_commune_valid_on",
    "/collections/land_parcel/items?limit=2": "Trang sau",
    "/collections/land_parcel/items?commune_code=nowhere": "Không có bản ghi nào",
    "/collections/land_parcel_use/items/land_registry:7|1": "CLN",
    "/conformance": "conf/html",
    "/api.html": "/v1/procedures/{procedure_code}/check",
}


def test_a_browser_reads_pages_and_nothing_comes_from_elsewhere(client):
    base = str(client.base_url).rstrip("/")
    with open_browser() as browser, opened(browser) as tab:
        for address, words in PAGES.items():
            answer = tab.page.goto(base + address)
            tab.page.get_by_text(words).first.wait_for(timeout=10_000)
            assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8"), address
            assert "default-src 'self'" in answer.headers["content-security-policy"]
        tab.page.goto(f"{base}/collections/land_parcel/items?limit=2")
        tab.page.get_by_role("button", name="English").click()
        tab.page.get_by_role("link", name="Next page").click()
        tab.page.get_by_text("Previous page").wait_for()
        assert tab.complaints == []
        assert [url for url in tab.elsewhere if not url.startswith(base)] == []


def test_a_question_is_tried_from_the_description(client):
    with open_browser() as browser, opened(browser) as tab:
        tab.page.goto(f"{str(client.base_url).rstrip('/')}/api.html")
        tab.page.locator(".opblock-post .opblock-summary-control").click()
        tab.page.get_by_role("button", name="Try it out").click()
        tab.page.get_by_placeholder("procedure_code").fill("LT-09")
        tab.page.get_by_role("button", name="Execute").click()
        tab.page.get_by_text('"check_code"').first.wait_for(timeout=10_000)
        assert tab.complaints == []


def test_who_asks_for_no_page_gets_json(client):
    for accept in ("*/*", "application/json", "application/geo+json"):
        answer = client.get("/collections/land_parcel/items?limit=1", headers={"accept": accept})
        assert "json" in answer.headers["content-type"], accept
    assert client.get("/collections/land_parcel/queryables").json()["properties"]["parcel_key"]["type"] == "string"


def test_queryables_say_what_columns_mean():
    column = {"name": "area_m2", "type": "numeric", "pg_type": "numeric(14,1)", "description": "Area, m²."}
    made = make_collection("lake", "Lakes", ["area_m2"], [column, column | {"name": "lake_id", "description": None}])
    assert made.queryables["area_m2"] == {"name": "area_m2", "type": "number", "description": "Area, m²."}
    assert "description" not in made.queryables["lake_id"]


def test_nesting_counts_brackets_outside_of_strings():
    assert nesting(b'{"a": [1, {"b": "[[[[\\"[["}]}') == 3
    assert nesting(json.dumps("[" * 1000).encode()) == 0
    assert nesting(b"[" * (DEEPEST_NESTING + 1)) == DEEPEST_NESTING + 1


def test_a_slow_question_ends_with_503_and_nothing_can_be_written(here, monkeypatch):
    monkeypatch.setattr(face, "LONGEST_STATEMENT_MS", 1)
    port = choose_port("http-face-slow")
    config = uvicorn.Config(face.make_app(here.reader_dsn), host="127.0.0.1", port=port, log_level="critical")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.05)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=20) as slow:
            answer = slow.get("/collections/once_only_coverage/items")
            assert_problem(answer, 503, "took longer than the limit")
    finally:
        server.should_exit = True
        thread.join()
