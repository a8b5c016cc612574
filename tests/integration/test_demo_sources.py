"""The demonstration sources as real servers: their answers, what a working day changes, what breaks and is repaired."""

import asyncio
from collections import Counter
from urllib.parse import parse_qs, urlsplit

import asyncssh
import httpx
import psycopg
import pyogrio
import pytest

from connectors.settings import connection
from infra.demo import places
from infra.demo.ground_truth import read_ground_truth
from infra.demo.protected_areas import FILE
from infra.demo.setup import MARK, ensure_sources
from infra.demo.source_tables import contract_tables
from infra.demo.vn2000_site_faults import STATION_FAULTS
from tests.integration.demo_access import (
    KEYS,
    SCALE,
    SEED,
    collection,
    feed_files,
    get,
    land_rows,
    licences,
    observations,
    pages,
    register,
    things,
)


def test_land_reader_sees_the_contract_and_cannot_write(sources):
    for contract in contract_tables("land_registry").values():
        schema, _, name = contract["source"].partition(".")
        with psycopg.connect(connection("land_registry")) as reader:
            found = reader.execute(
                "select column_name from information_schema.columns where table_schema = %s and table_name = %s",
                [schema, name],
            ).fetchall()
            geometry = {contract["geometry"]["column"]} if "geometry" in contract else set()
            assert {row[0] for row in found} == set(contract["columns"]) | geometry
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                reader.execute(f"delete from {contract['source']}")


def test_geometry_carries_the_zone_that_its_row_states(sources):
    with psycopg.connect(connection("land_registry")) as reader:
        row = reader.execute(
            "select count(*) filter (where st_srid(geom) <> hetoado or geometrytype(geom) <> 'MULTIPOLYGON'),"
            " count(distinct hetoado), count(distinct vpdk), count(*) from dc.dc_thuadat"
        ).fetchone()
    # 5897 and 9209; a few rows state 3405 or 9210, which is a fault, or 0: no zone
    assert row[0] == 0
    assert 3 <= row[1] <= 5
    assert row[2] == 3
    assert row[3] >= 4000


@pytest.mark.parametrize("table", sorted(KEYS))
def test_pages_of_the_feature_server_hold_every_row_once(sources, table):
    first = collection(table, limit=100)
    seen = Counter()
    for offset in range(0, first["numberMatched"], 100):
        for feature in collection(table, limit=100, offset=offset)["features"]:
            seen[tuple(feature["properties"][name] for name in KEYS[table].split(","))] += 1
    assert len(seen) == first["numberMatched"]
    assert max(seen.values()) == 1
    fewest = {"licence": 400, "licence_corner": 3000, "licence_boundary": 100, "zone": 60}
    assert first["numberMatched"] >= fewest[table]
    has_geometry = first["features"][0]["geometry"] is not None
    assert has_geometry == (table in ("zone", "licence_boundary"))


def test_permit_service_pages_and_refuses_nonsense(sources):
    keys = []
    page = 1
    while True:
        answer = get("environment_permits", "/api/v1/permits", page=page, page_size=100).json()
        if not answer["items"]:
            break
        keys += [item["giay_phep_id"] for item in answer["items"]]
        page += 1
    assert len(keys) == len(set(keys)) == answer["total"] == 304
    assert get("environment_permits", "/api/v1/permits", page="x").status_code == 400
    assert get("environment_permits", "/api/v1/users").status_code == 404
    contract = contract_tables("environment_permits")
    for table, name in (("permit", "permits"), ("facility", "facilities"), ("eia_decision", "eia_decisions")):
        item = get("environment_permits", f"/api/v1/{name}").json()["items"][1]
        assert set(item) == set(contract[table]["columns"])


def test_sensorthings_service_shows_every_row_its_own_entity(sources):
    """The library shows that of the first row in all rows (infra/servers/sensorthings_expand.py)."""
    streams = pages("Datastreams?$expand=Thing($select=properties),ObservedProperty")
    told = [f"{row['Thing']['properties']['ma_tram']} {row['ObservedProperty']['name']}" for row in streams]
    assert sorted(told) == sorted(row["name"] for row in streams)
    assert len(set(told)) == 18
    counted = Counter(row["Datastream"]["name"] for row in observations())
    assert set(counted) == set(told)
    assert counted.pop("NBQG001 PM2.5") == 3 * 24 * 4
    assert sorted(counted.values())[2:] == [3 * 24] * 14 + [3 * 24 + 1]  # one time has two results
    assert all(len(row["Locations"]) == 1 for row in things())
    with httpx.Client(base_url=connection("air_observations"), trust_env=False) as client:
        options = {"$select": "result", "$top": 1, "$expand": "Datastream($select=name)"}
        one = client.get("/Observations", params=options)
    assert set(one.json()["value"][0]["Datastream"]) == {"name"}


async def sftp_session(username: str, *, key: str | None, work):
    parts = urlsplit(connection("monitoring_feed"))
    options = {name: values[0] for name, values in parse_qs(parts.query).items()}
    async with asyncssh.connect(
        parts.hostname, parts.port, username=username, client_keys=[key or options["key"]],
        known_hosts=options["known_hosts"], agent_path=None, config=[],
    ) as client, client.start_sftp_client() as sftp:  # fmt: skip
        return await work(sftp)


def sftp(work, username: str = "lienthong", key: str | None = None):
    return asyncio.run(sftp_session(username, key=key, work=work))


def test_sftp_shows_the_folder_and_nothing_else(sources):
    async def look(client):
        top = {name for name in await client.listdir("/") if not name.startswith(".")}
        outside = {name for name in await client.listdir("/..") if not name.startswith(".")}
        async with client.open("/tram.txt", "rb") as file:
            return top, outside, await file.read(), await client.glob("/data/*/*.txt")

    top, outside, stations, files = sftp(look)
    assert top == outside == {"tram.txt", "data"}
    assert stations.startswith(b"ma_tram\tten_tram\tloai\t")
    assert stations.count(b"\r\n") == 43 + len(STATION_FAULTS)
    assert len(files) > 500


def test_sftp_refuses_writers_and_strangers(sources, tmp_path):
    async def write(client):
        async with client.open("/data/new.txt", "wb") as file:
            await file.write(b"x")

    async def remove(client):
        await client.remove("/tram.txt")

    for attempt in (write, remove):
        with pytest.raises(asyncssh.SFTPError):
            sftp(attempt)
    stranger = tmp_path / "key"
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(stranger)
    for username, key in (("root", None), ("lienthong", str(stranger))):
        with pytest.raises(asyncssh.PermissionDenied):
            sftp(remove, username, key)


def test_second_setup_changes_nothing_and_an_interrupted_one_is_made_again(sources, capsys):
    before = land_rows("parcel"), register(), licences()
    ensure_sources(SCALE, SEED)
    assert "generating" not in capsys.readouterr().out
    (places.demo_folder() / MARK).unlink()
    places.register_path().write_text("{", encoding="utf-8")
    ensure_sources(SCALE, SEED)
    assert "generating" in capsys.readouterr().out
    assert (land_rows("parcel"), register(), licences()) == before


def test_ground_truth_names_rows_that_exist(sources):
    faults = read_ground_truth(places.ground_truth_path())
    known = {table: set(land_rows(table)) for table in ("parcel", "block", "mortgage", "dispute")}
    known |= {
        "licence": set(licences()),
        "permit": set(register()["permits"]),
        "facility": set(register()["facilities"]),
        "eia_decision": set(register()["eia_decisions"]),
    }
    known["observation"] = set(feed_files())
    air = {row["@iot.id"] for row in observations()}
    known["thing"] = {row["properties"]["ma_tram"] for row in things()}
    known["area"] = {str(key) for key in pyogrio.read_dataframe(places.protected_areas_folder() / FILE)["MAKHU"]}
    assert len({(fault.dataset, fault.fault) for fault in faults}) == 148
    for fault in faults:
        keys = air if (fault.system, fault.table) == ("air_observations", "observation") else known.get(fault.table)
        assert keys is None or fault.source_key in keys, fault
