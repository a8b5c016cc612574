"""SensorThings: a real service on loopback (django-ogc-sensorthings), and answers that are not data."""

import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from connectors.errors import AnswerNotData, ContractBroken, ContractInvalid, IncompleteBatch, SourceUnavailable
from connectors.landing import extract
from connectors.settings import project_root
from connectors.sources._sensorthings import flatten
from tests.integration.extract_world import World, table
from tests.integration.test_extract_http import HTML, Service

START = datetime(2026, 11, 20, 1, tzinfo=UTC)
THING = {
    "name": "NBKK001", "description": "ambient air", "properties": {"province": "37"},
    "Locations": [{
        "name": "site", "description": "site", "encodingType": "application/geo+json",
        "location": {"type": "Point", "coordinates": [105.9, 20.2]},
    }],
    "Datastreams": [{
        "name": "PM2,5", "description": "five-minute values",
        "observationType": "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
        "unitOfMeasurement": {"name": "microgram per cubic metre", "symbol": "µg/m3", "definition": "ucum:ug/m3"},
        "Sensor": {"name": "s", "description": "s", "encodingType": "text/html", "metadata": "none"},
        "ObservedProperty": {"name": "PM2,5", "description": "PM2,5", "definition": "https://dd.eionet.europa.eu"},
    }],
}  # fmt: skip
TEXT = {"type": "text", "meaning": "text"}
OBSERVATION = table(
    source="Observations?$expand=Datastream($select=id,name)",
    key=["observation_id"],
    mode="changes",
    mark={"column": "observed_at", "overlap": "PT10M"},
    reconcile="full_only",
    format={
        "rename": {
            "@iot.id": "observation_id", "phenomenonTime": "observed_at", "result": "result",
            "resultQuality/status": "status", "Datastream/@iot.id": "datastream_id", "Datastream/name": "parameter",
        },
        "ignore": ["resultTime", "validTime", "parameters", "resultQuality"],
    },
    columns={
        "observation_id": {**TEXT, "nullable": False}, "observed_at": {"type": "timestamptz", "meaning": "time"},
        "result": {"type": "double", "nullable": False, "meaning": "value"}, "datastream_id": TEXT,
        "parameter": TEXT, "status": TEXT,
    },
)  # fmt: skip
LOCATION = table(
    source="Locations",
    format={
        "rename": {"@iot.id": "id", "location": "geom"},
        "ignore": ["description", "encodingType", "properties"],
    },
    columns={"id": {**TEXT, "nullable": False}, "name": TEXT},
    geometry={"column": "geom", "type": "Point", "srid": 4326},
)


@pytest.fixture(scope="module")
def sensors(tmp_path_factory):
    """The address of a running service with one thing, one datastream and ten observations."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("sensorthings")
    log = (folder / "log").open("wb")
    argv = [sys.executable, "-m", "infra.servers.sensorthings_service", str(port), str(folder / "sensors.sqlite")]
    process = subprocess.Popen(argv, cwd=project_root(), stdout=log, stderr=log)
    root = f"http://127.0.0.1:{port}/sensorthings/v1.1"
    try:
        until = time.monotonic() + 30
        while True:
            try:
                post(root, "Things", THING)
                break
            except httpx.TransportError:
                assert process.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < until
                time.sleep(0.2)
        observe(root, range(10))
        yield root
    finally:
        process.terminate()
        process.wait(10)
        log.close()


@pytest.fixture
def world(tmp_path, warehouse, monkeypatch):
    return World(tmp_path, warehouse, monkeypatch)


@pytest.fixture
def service():
    made = Service()
    yield made
    made.server.shutdown()
    made.server.server_close()


def post(root: str, path: str, body: dict) -> None:
    httpx.post(f"{root}/{path}", json=body, trust_env=False, timeout=10).raise_for_status()


def observe(root: str, numbers) -> None:
    """One observation every five minutes from the start on; the result is its number and a half."""
    streams = httpx.get(f"{root}/Datastreams", trust_env=False, timeout=10).json()["value"]
    for number in numbers:
        at = (START + number * timedelta(minutes=5)).isoformat()
        stream = {"@iot.id": streams[0]["@iot.id"]}
        post(root, "Observations", {"phenomenonTime": at, "result": number + 0.5, "Datastream": stream})


def test_a_real_service_is_read_page_by_page_and_then_from_the_mark_on(world, sensors):
    world.contract(sensors, kind="sensorthings", tables={"thing": OBSERVATION})
    (first,) = extract("things")
    assert (first.rows_read, first.inserted) == (10, 10)
    last = START + timedelta(minutes=45)
    assert world.live("observed_at, result, parameter, status")[-1] == (last, 9.5, "PM2,5", None)
    assert datetime.fromisoformat(first.mark_to) == last
    observe(sensors, range(10, 14))
    (second,) = extract("things")
    # ten minutes of overlap: three known observations are read again, four are new, none is written twice
    assert (second.rows_read, second.inserted, second.updated) == (7, 4, 0)
    (third,) = extract("things")
    assert (third.rows_read, third.inserted) == (3, 0)
    (full,) = extract("things", full=True)
    assert (full.rows_read, full.inserted, full.deleted, len(world.live("result"))) == (14, 0, 0, 14)


def test_locations_of_a_real_service_carry_their_geometry(world, sensors):
    world.contract(sensors, kind="sensorthings", tables={"thing": LOCATION})
    extract("things")
    assert world.live("name, st_asewkt(geom)") == [("site", "SRID=4326;POINT(105.9 20.2)")]


def page(value, *, count=None, following=None):
    body = {"@iot.count": len(value) if count is None else count, "value": value}
    return 200, "application/json", body | ({"@iot.nextLink": following} if following else {})


THINGS = [{"@iot.id": number, "@iot.selfLink": "x", "name": f"Trạm {number}"} for number in range(1, 4)]
PLAIN = table(source="Things", format={"rename": {"@iot.id": "id"}})


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (lambda path, query: HTML, AnswerNotData, "text/html"),
        (lambda path, query: (200, "application/json", {"message": "quota"}), AnswerNotData, "@iot.count"),
        (lambda path, query: page(THINGS, count="3"), AnswerNotData, "@iot.count"),
        (lambda path, query: (200, "application/json", {"@iot.count": 3, "value": {}}), AnswerNotData, "not a list"),
        (lambda path, query: page(THINGS, count=9), IncompleteBatch, "9"),
        (lambda path, query: page(THINGS, count=9, following="http://127.0.0.1:9/x"), AnswerNotData, "another server"),
        (lambda path, query: page(THINGS, count=9, following="?$skip=3"), IncompleteBatch, "read before"),
        (lambda path, query: page([{"@iot.id": 1, "title": "x"}] * 3), ContractBroken, "added title"),
        (lambda path, query: (503, "text/html", b""), SourceUnavailable, "status 503"),
    ],
)
def test_an_answer_that_is_not_the_data_changes_nothing(world, service, answer, error, said):
    world.contract(service.url, kind="sensorthings", tables={"thing": PLAIN})
    service.answer = lambda path, query: page(THINGS)
    extract("things")
    assert service.asked[0] == ("/Things", {"$top": "3", "$count": "true", "$orderby": "id asc"})
    service.answer = answer
    with pytest.raises(error, match=said):
        extract("things")
    assert world.live() == [(1, "Trạm 1"), (2, "Trạm 2"), (3, "Trạm 3")]
    assert world.ledger()[-1][0] == "load_refused"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"reconcile": "every_run"}, "full_only"),
        ({"geometry": {"column": "geom", "type": "Point", "srid": 4756}}, "srid 4326"),
        ({"mark": {"column": "parameter"}}, "timestamptz"),
    ],
)
def test_a_contract_that_the_method_cannot_keep_is_refused(world, service, change, said):
    world.contract(service.url, kind="sensorthings", tables={"thing": OBSERVATION | change})
    with pytest.raises(ContractInvalid, match=said):
        extract("things")


def test_several_entities_are_named_by_their_place_and_none_leaves_nothing():
    places = [{"@iot.id": 1, "location": {"type": "Point"}}, {"@iot.id": 2}]
    assert flatten({"@iot.id": 3, "Locations": places, "Datastreams": []}, ["Locations/0/location"]) == {
        "@iot.id": 3, "Locations/0/@iot.id": 1, "Locations/0/location": {"type": "Point"}, "Locations/1/@iot.id": 2,
    }  # fmt: skip
    assert flatten({"result": [1, 2]}, []) == {"result": [1, 2]}


def test_a_station_has_its_place_with_it_or_none(world, service):
    place = {"location": {"type": "Point", "coordinates": [105.9, 20.2]}}
    rows = [{"@iot.id": 1, "Locations": [place]}, {"@iot.id": 2, "Locations": []}]
    station = table(
        source="Things?$expand=Locations($select=location)",
        format={"rename": {"@iot.id": "id", "Locations/0/location": "geom", "properties/code": "code"}},
        columns={"id": {"type": "bigint", "nullable": False, "meaning": "id"}, "code": TEXT},
        geometry={"column": "geom", "type": "Point", "srid": 4326},
    )
    world.contract(service.url, kind="sensorthings", tables={"thing": station})
    service.answer = lambda path, query: page([row | {"properties": None} for row in rows])
    extract("things")
    assert world.live("id, code, st_asewkt(geom)") == [(1, None, "SRID=4326;POINT(105.9 20.2)"), (2, None, None)]
    service.answer = lambda path, query: page([rows[0] | {"Locations": [place, place]}])
    with pytest.raises(ContractBroken, match="Locations/1/location"):
        extract("things")


def test_nested_objects_become_paths_and_links_are_dropped():
    entity = {
        "@iot.id": 1,
        "Thing": {"@iot.id": 2, "name": "n"},
        "Things@iot.navigationLink": "x",
        "properties": {"a": {}},
    }
    assert flatten(entity, ["properties"]) == {
        "@iot.id": 1, "Thing/@iot.id": 2, "Thing/name": "n", "properties": {"a": {}},
    }  # fmt: skip
