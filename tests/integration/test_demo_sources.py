"""The demonstration sources as real servers: their answers, what a working day changes, what breaks and is repaired."""

import asyncio
import json
import socket
from collections import Counter
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncssh
import httpx
import psycopg
import pytest
from click.testing import CliRunner

from connectors.errors import Stop
from connectors.settings import connection, setting
from infra.demo import breakage, places
from infra.demo.commands import demo
from infra.demo.faults import FAULTS
from infra.demo.ground_truth import read_ground_truth
from infra.demo.land_breakage import STATEMENTS
from infra.demo.mutation import mutate
from infra.demo.setup import MARK, ensure_sources
from infra.demo.source_tables import contract_tables
from infra.processes import stop_all

SCALE, SEED = 0.02, 5
KEYS = {"licence": "giay_phep_id", "licence_corner": "giay_phep_id,khoi,thu_tu", "zone": "khu_vuc_id"}


@pytest.fixture(scope="module")
def sources(cluster, homes):
    """All sources in a home of their own; tests of this module leave them unbroken, but not unchanged."""
    home = homes / "demo-sources"
    home.mkdir(mode=0o711)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIENTHONG_HOME", str(home))
        patch.setenv("LIENTHONG_DSN_ADMIN", cluster.admin_dsn)
        ensure_sources(SCALE, SEED)
        yield home
        stop_all(home, grace=5)


def get(name: str, path: str, **parameters) -> httpx.Response:
    return httpx.get(connection(name) + path, params=parameters, trust_env=False, timeout=20)


def collection(table: str, **parameters) -> dict:
    source = contract_tables("mineral_cadastre")[table]["source"]
    answer = get("mineral_cadastre", f"/collections/{source}/items", f="geojson", sortby=KEYS[table], **parameters)
    return answer.raise_for_status().json()


def land_rows(table: str) -> dict[str, str]:
    """Every row of a land table as text, by its key."""
    contract = contract_tables("land_registry")[table]
    with psycopg.connect(connection("land_registry")) as reader:
        rows = reader.execute(f"select {contract['key'][0]}::text, t::text from {contract['source']} t").fetchall()
    return dict(rows)


def register() -> dict[str, dict[str, str]]:
    lists = json.loads(places.register_path().read_text(encoding="utf-8"))
    keys = {"permits": "giay_phep_id", "facilities": "co_so_id"}
    return {name: {str(row[keys[name]]): json.dumps(row) for row in rows} for name, rows in lists.items()}


def licences() -> dict[str, str]:
    features = collection("licence", limit=1000)["features"]
    return {str(feature["properties"]["giay_phep_id"]): json.dumps(feature["properties"]) for feature in features}


def feed_files() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in places.feed_folder().glob("data/*/*.txt")}


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
    assert row[:3] == (0, 2, 3)
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
    assert first["numberMatched"] >= {"licence": 400, "licence_corner": 3000, "zone": 60}[table]
    has_geometry = first["features"][0]["geometry"] is not None
    assert has_geometry == (table == "zone")


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
    for table, name in (("permit", "permits"), ("facility", "facilities")):
        item = get("environment_permits", f"/api/v1/{name}").json()["items"][1]
        assert set(item) == set(contract[table]["columns"])


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
    assert stations.count(b"\r\n") == 43
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
    }
    known["observation"] = set(feed_files())
    assert len({(fault.dataset, fault.fault) for fault in faults}) == 47
    for fault in faults:
        assert fault.source_key in known.get(fault.table, {fault.source_key}), fault


@pytest.mark.parametrize("seed", [1, 2])
def test_mutation_report_names_exactly_what_changed(sources, seed):
    tables = list(contract_tables("land_registry"))

    def state():
        return {f"land_registry.{table}": land_rows(table) for table in tables} | {
            "mineral_cadastre.licence": licences(),
            "environment_permits.permit": register()["permits"],
            "environment_permits.facility": register()["facilities"],
            "monitoring_feed.observation": feed_files(),
        }  # fmt: skip

    before = state()
    faulty = {(fault.system, fault.table, fault.source_key) for fault in read_ground_truth(places.ground_truth_path())}
    mutate(0.01, seed)
    after = state()
    report = json.loads((places.demo_folder() / "mutation.json").read_text(encoding="utf-8"))
    for table, old in before.items():
        new, listed = after[table], report["tables"].get(table, {"added": [], "edited": [], "deleted": []})
        assert set(listed["added"]) == set(new) - set(old), table
        assert set(listed["deleted"]) == set(old) - set(new), table
        assert set(listed["edited"]) == {key for key in set(old) & set(new) if old[key] != new[key]}, table
        assert not {(*table.split("."), key) for keys in listed.values() for key in keys} & faulty
    parcels = report["tables"]["land_registry.parcel"]
    assert min(len(parcels["edited"]), len(parcels["added"]), len(parcels["deleted"])) >= 2
    assert set(report["datasets"]["land_parcel"]["edited"]) == {f"land_registry:{key}" for key in parcels["edited"]}


def test_mutated_parcels_stay_clean(sources):
    faulty = [int(f.source_key) for f in read_ground_truth(places.ground_truth_path()) if f.dataset == "land_parcel"]
    mutate(0.02, 3)
    with psycopg.connect(connection("land_registry")) as reader:
        row = reader.execute(
            """
            with uses as (select thuadatid, sum(dientich) as area, count(*) filter (where lamucdichchinh) as mains
                from dc.dc_mucdichsudungdat group by 1),
            parcels as (select p.*, u.area, u.mains,
                    st_area(st_transform(st_setsrid(p.geom, p.hetoado), 4756)::geography) as computed
                from dc.dc_thuadat p left join uses u using (thuadatid) where p.thuadatid <> all (%s))
            select count(*) filter (where abs(area - dientichphaply) > 0.1 or mains <> 1 or area is null),
                count(*) filter (where abs(computed - dientich) > greatest(0.01 * dientich, 2)),
                count(*) filter (where not st_isvalid(geom)),
                count(*) - count(distinct (maxa, maxa_tungay >= '2025-07-01', sohieutobando, sothututhua)),
                count(*) filter (where thuagocid is not null)
            from parcels
            """,
            [faulty],
        ).fetchone()
        overlaps = reader.execute(
            """
            select count(*) from dc.dc_thuadat a join dc.dc_thuadat b
                on a.hetoado = b.hetoado and a.geom && b.geom and a.thuadatid < b.thuadatid
                and st_intersects(a.geom, b.geom) and st_area(st_intersection(a.geom, b.geom)) > 1
            where a.thuadatid <> all (%(f)s) and b.thuadatid <> all (%(f)s)
            """,
            {"f": faulty},
        ).fetchone()
        orphans = reader.execute(
            "select count(*) from dc.dc_quyensudungdat q where not exists"
            " (select from dc.dc_thuadat p where p.thuadatid = q.thuadatid)"
        ).fetchone()
    assert row[:4] == (0, 0, 0, 0)
    assert row[4] >= 4
    assert overlaps == orphans == (0,)


def test_late_commits_lie_behind_the_mark_but_within_an_hour(sources):
    query = "select vpdk, max(capnhatluc) from dc.dc_thuadat group by 1"
    with psycopg.connect(connection("land_registry"), autocommit=True) as reader:
        marks = dict(reader.execute(query).fetchall())
        mutate(0.01, 4)
        late = json.loads((places.demo_folder() / "mutation.json").read_text(encoding="utf-8"))["late"]
        keys = [int(key) for key in late["land_registry.parcel"]]
        rows = reader.execute(
            "select vpdk, capnhatluc from dc.dc_thuadat where thuadatid = any (%s)", [keys]
        ).fetchall()
    assert rows
    for office, updated in rows:
        assert 0 < (marks[office] - updated).total_seconds() <= 3600


@pytest.mark.parametrize("fault", sorted(STATEMENTS))
def test_broken_land_registry_is_repaired_exactly(sources, fault):
    def shape():
        with psycopg.connect(setting("LIENTHONG_DSN_DEMO_LAND")) as owner:
            columns = owner.execute(
                "select column_name, data_type, is_nullable from information_schema.columns"
                " where table_schema = 'dc' and table_name = 'dc_thuadat' order by ordinal_position"
            ).fetchall()
            indexes = owner.execute("select indexdef from pg_indexes where schemaname = 'dc' order by 1").fetchall()
            return columns, indexes

    before = shape(), land_rows("parcel")
    breakage.break_source(fault)
    assert breakage.active_fault() == fault
    with pytest.raises(Stop, match="repair"):
        breakage.break_source("service_html")
    with pytest.raises(Stop, match="repair"):
        mutate(0.01, 1)
    broken = (
        shape() if fault == "table_missing" else (shape(), land_rows("parcel") if fault != "keys_duplicated" else {})
    )
    assert broken != before
    assert breakage.repair() == fault
    assert (shape(), land_rows("parcel")) == before
    assert breakage.repair() is None


@pytest.mark.parametrize("name", ["service", "mineral"])
def test_broken_services_answer_as_announced(sources, name):
    system, path = {
        "service": ("environment_permits", "/api/v1/facilities"),
        "mineral": ("mineral_cadastre", "/collections/public.khu_vuc/items?f=geojson&limit=1000"),
    }[name]
    total, rows = {"service": ("total", "items"), "mineral": ("numberMatched", "features")}[name]
    good = get(system, path).json()
    breakage.break_source(f"{name}_html")
    page = get(system, path)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "<h1>" in page.text
    breakage.repair()
    breakage.break_source(f"{name}_short")
    short = get(system, path).json()
    assert short[total] == good[total] + 25
    assert len(short[rows]) == len(good[rows])
    breakage.repair()
    breakage.break_source(f"{name}_down")
    with pytest.raises(httpx.ConnectError):
        get(system, path)
    breakage.repair()
    assert get(system, path).json()[total] == good[total]


def test_broken_feed(sources):
    before = feed_files()
    breakage.break_source("truncated_file")
    ((_, text),) = feed_files().items() - before.items()
    assert not text.endswith(b"\n")
    assert len(text.split(b"\r\n")[-1].split(b"\t")) < 5
    breakage.repair()
    breakage.break_source("garbage_file")
    ((_, rubbish),) = feed_files().items() - before.items()
    with pytest.raises(UnicodeDecodeError):
        rubbish.decode()
    breakage.repair()
    assert feed_files() == before
    port = urlsplit(connection("monitoring_feed")).port
    breakage.break_source("sftp_down")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=2)
    breakage.repair()
    socket.create_connection(("127.0.0.1", urlsplit(connection("monitoring_feed")).port), timeout=2).close()


def test_command_lists_faults_and_explains_a_wrong_one(sources):
    listed = CliRunner().invoke(demo, ["break", "--list"])
    assert listed.output.splitlines() == list(FAULTS)
    wrong = CliRunner().invoke(demo, ["break", "nonsense"])
    assert wrong.exit_code == 2
    assert "column_missing" in wrong.output
    done = CliRunner().invoke(demo, ["break", "service_html"])
    assert (done.exit_code, "repair" in done.output) == (0, True)
    assert CliRunner().invoke(demo, ["repair"]).output == "repaired: service_html\n"


def test_servers_listen_on_loopback_only(sources):
    for name in ("mineral_cadastre", "environment_permits", "monitoring_feed"):
        port = f"{urlsplit(connection(name)).port:04X}"
        listening = [
            line.split()[1] for path in ("/proc/net/tcp", "/proc/net/tcp6") if Path(path).exists()
            for line in Path(path).read_text(encoding="utf-8").splitlines()[1:]
            if line.split()[1].endswith(f":{port}") and line.split()[3] == "0A"
        ]  # fmt: skip
        assert listening == [f"0100007F:{port}"]
