"""Services over HTTP that answer well, badly, or not with data: a real server on loopback."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.errors import AnswerNotData, ContractBroken, IncompleteBatch, SourceUnavailable
from connectors.landing import extract
from tests.integration.extract_world import World, table

GEOMETRY = {"column": "geom", "type": "Point", "srid": 4326}
HTML = (200, "text/html", b"<html>Maintenance</html>")


class Service:
    """A server whose answers are made by `answer(path, query)` -> (status, content type, body)."""

    def __init__(self):
        self.asked = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(handler):  # noqa: N805
                parts = urlsplit(handler.path)
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                self.asked.append((parts.path, query))
                status, kind, body = self.answer(parts.path, query)
                handler.send_response(status)
                handler.send_header("content-type", kind)
                handler.end_headers()
                handler.wfile.write(body if isinstance(body, bytes) else json.dumps(body).encode())

            def log_message(handler, *args):  # noqa: N805
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()


@pytest.fixture
def service():
    made = Service()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def world(tmp_path, warehouse, monkeypatch):
    return World(tmp_path, warehouse, monkeypatch)


def pages(items, *, total=None):
    def answer(path, query):
        start = (int(query["page"]) - 1) * int(query["page_size"])
        page = items[start : start + int(query["page_size"])]
        return 200, "application/json; charset=utf-8", {"total": len(items) if total is None else total, "items": page}

    return answer


def collection(service, features, *, matched=None, following=None):
    def answer(path, query):
        start, limit = int(query.get("offset", 0)), int(query["limit"])
        links = [{"rel": "self", "href": service.url}]
        if start + limit < len(features):
            href = f"{service.url}{path}?offset={start + limit}&limit={limit}"
            links.append({"rel": "next", "href": following or href})
        body = {"type": "FeatureCollection", "features": features[start : start + limit], "links": links}
        return 200, "application/geo+json", body | {"numberMatched": len(features) if matched is None else matched}

    return answer


def feature(number, lon=105.9):
    geometry = {"type": "Point", "coordinates": [lon, 20.2]}
    return {"type": "Feature", "id": number, "geometry": geometry, "properties": {"id": number, "name": f"Mỏ {number}"}}


ITEMS = [{"id": number, "name": f"Giấy phép {number}"} for number in range(1, 9)]


def use_json(world, service, answer=None):
    service.answer = answer or pages(ITEMS)
    world.contract(service.url, kind="http_json", tables={"thing": table(source="/api/things")})


def use_features(world, service, answer):
    service.answer = answer
    world.contract(service.url, kind="ogc_features", tables={"thing": table(source="things", geometry=GEOMETRY)})


def test_all_pages_of_a_json_service_are_read(world, service):
    use_json(world, service)
    (batch,) = extract("things")
    assert batch.inserted == 8
    assert world.live()[7] == (8, "Giấy phép 8")
    assert [query["page"] for _, query in service.asked] == ["1", "2", "3"]


def test_all_pages_of_a_collection_are_read_in_the_order_of_the_key(world, service):
    use_features(world, service, collection(service, [feature(number) for number in range(1, 8)]))
    (batch,) = extract("things")
    assert batch.inserted == 7
    assert world.live("id, name, st_asewkt(geom)")[0] == (1, "Mỏ 1", "SRID=4326;POINT(105.9 20.2)")
    assert service.asked[0][1]["sortby"] == "id"


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (lambda path, query: HTML, AnswerNotData, "text/html"),
        (lambda path, query: (200, "application/json", b"<html>"), AnswerNotData, "not JSON"),
        (lambda path, query: (200, "application/json", b"[" * 200_000), AnswerNotData, "nested 200000 deep"),
        (lambda path, query: (200, "application/json", {"message": "quota"}), AnswerNotData, "message"),
        (lambda path, query: (503, "text/html", b""), SourceUnavailable, "status 503"),
        (lambda path, query: (404, "application/json", {}), ContractBroken, "status 404"),
        (lambda path, query: (302, "application/json", {}), ContractBroken, "status 302"),
        (pages(ITEMS, total=9), IncompleteBatch, "8"),
        (pages([]), Exception, "8 are loaded"),
        (pages([{"id": n} for n in range(1, 9)]), ContractBroken, "removed name"),
        (pages([{"id": n, "name": "x", "phone": "1"} for n in range(1, 9)]), ContractBroken, "added phone"),
        (pages([{"id": "x", "name": "x"}] * 8), ContractBroken, "id does not fit bigint"),
        (pages([{"id": 1, "name": 5}] * 8), ContractBroken, "name does not fit text"),
    ],
)
def test_an_answer_that_is_not_the_data_changes_nothing(world, service, answer, error, said):
    use_json(world, service)
    extract("things")
    service.answer = answer
    with pytest.raises(error, match=said):
        extract("things")
    assert len(world.live()) == 8
    assert world.ledger()[-1][0] == "load_refused"


def test_a_passing_fault_is_tried_again(world, service):
    faults = iter([(503, "text/plain", b""), (500, "text/html", b"<html>")])
    use_json(world, service, lambda path, query: next(faults, None) or pages(ITEMS)(path, query))
    (batch,) = extract("things")
    assert batch.inserted == 8


@pytest.mark.parametrize(
    ("following", "said"),
    [("http://127.0.0.1:9/elsewhere", "another server"), ("?f=geojson&limit=3&sortby=id", "read before")],
)
def test_next_links_neither_lead_away_nor_in_circles(world, service, following, said):
    use_features(world, service, collection(service, [feature(number) for number in range(1, 8)], following=following))
    with pytest.raises((AnswerNotData, IncompleteBatch), match=said):
        extract("things")


def test_fewer_features_than_matched_is_incomplete(world, service):
    use_features(world, service, collection(service, [feature(1), feature(2)], matched=4))
    with pytest.raises(IncompleteBatch, match="expected 4 rows"):
        extract("things")


def test_few_rows_that_do_not_fit_are_kept_as_rejected(world, service):
    items = [{"id": number, "name": "x"} for number in range(1, 200)] + [{"id": 1.5, "name": "half"}]
    use_json(world, service, pages(items))
    world.contract(service.url, kind="http_json", tables={"thing": table(source="/x")}, access={"page_size": 100})
    (batch,) = extract("things")
    assert (batch.inserted, batch.rejected) == (199, 1)
    assert world.rows("select row_ref, reason, payload->>'name' from raw._rejected") == [
        ("1.5", "id does not fit bigint", "half")
    ]
