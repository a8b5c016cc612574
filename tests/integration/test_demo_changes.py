"""A working day at the demonstration sources, and the ways to break and repair them."""

import json
import socket
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
import shapely
from click.testing import CliRunner

from connectors.errors import Stop
from connectors.settings import connection, setting
from infra.demo import breakage, places
from infra.demo.commands import demo
from infra.demo.faults import FAULTS
from infra.demo.ground_truth import read_ground_truth
from infra.demo.land_breakage import STATEMENTS
from infra.demo.mutation import mutate
from infra.demo.source_tables import contract_tables
from tests.integration.demo_access import (
    feed_files,
    get,
    land_rows,
    licences,
    observations,
    register,
)


@pytest.mark.parametrize("seed", [1, 2])
def test_mutation_report_names_exactly_what_changed(sources, seed):
    tables = list(contract_tables("land_registry"))

    def state():
        return {f"land_registry.{table}": land_rows(table) for table in tables} | {
            "mineral_cadastre.licence": licences(),
            "environment_permits.permit": register()["permits"],
            "environment_permits.facility": register()["facilities"],
            "environment_permits.eia_decision": register()["eia_decisions"],
            "monitoring_feed.observation": feed_files(),
            "air_observations.observation": {row["@iot.id"]: str(row["result"]) for row in observations()},
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
    listed = read_ground_truth(places.ground_truth_path())
    faulty = [int(f.source_key) for f in listed if f.dataset == "land_parcel"]
    with psycopg.connect(connection("land_registry")) as reader:
        before = dict(reader.execute("select thuadatid, st_asbinary(geom) from dc.dc_thuadat").fetchall())
    mutate(0.02, 3)
    with psycopg.connect(connection("land_registry")) as reader:
        ground = reader.execute(
            "select thuadatid, thuagocid, st_asbinary(geom) from dc.dc_thuadat where not thuadatid = any (%s)",
            [list(before)],
        ).fetchall()
        gone = before.keys() - {k for (k,) in reader.execute("select thuadatid from dc.dc_thuadat").fetchall()}
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
            " (select from dc.dc_thuadat p where p.thuadatid = q.thuadatid) and q.quyenid <> all (%s)",
            [[int(f.source_key) for f in listed if f.dataset == "land_right"]],
        ).fetchone()
    assert row[:4] == (0, 0, 0, 0)
    assert row[4] >= 4
    assert overlaps == orphans == (0,)
    _new_parcels_fill_what_the_old_ones_left({key: shapely.from_wkb(before[key]) for key in gone}, ground)


def _new_parcels_fill_what_the_old_ones_left(gone: dict, new: list[tuple]) -> None:
    """Split in two, or two made one: the ground is the same; a side is halved to the millimetre."""
    shapes = {key: shapely.from_wkb(wkb) for key, _, wkb in new}
    children = Counter(parent for _, parent, _ in new)
    assert set(children) <= gone.keys()
    merged = {key: parent for key, parent, _ in new if children[parent] == 1}
    assert merged, "no parcels were merged"
    assert len(gone) == len(children) + len(merged), "of two that are merged one is named, both are gone"
    for key, parent in merged.items():
        inside = [old for old, shape in gone.items() if shapes[key].contains(shape.representative_point())]
        assert len(inside) == 2
        assert parent in inside
        assert shapely.union_all([gone[old] for old in inside]).symmetric_difference(shapes[key]).area < 1e-4
    for parent in children.keys() - set(merged.values()):
        halves = [shapes[key] for key, of, _ in new if of == parent]
        assert len(halves) == 2
        assert shapely.union_all(halves).symmetric_difference(gone[parent]).area < 0.05


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


@pytest.mark.parametrize("name", ["service", "mineral", "air"])
def test_broken_services_answer_as_announced(sources, name):
    system, path = {
        "service": ("environment_permits", "/api/v1/facilities"),
        "mineral": ("mineral_cadastre", "/collections/public.khu_vuc/items?f=geojson&limit=1000"),
        "air": ("air_observations", "/Things"),
    }[name]
    asked = {"$count": "true"} if name == "air" else {}
    total, rows = {
        "service": ("total", "items"), "mineral": ("numberMatched", "features"), "air": ("@iot.count", "value"),
    }[name]  # fmt: skip
    good = get(system, path, **asked).json()
    breakage.break_source(f"{name}_html")
    page = get(system, path)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "<h1>" in page.text
    breakage.repair()
    breakage.break_source(f"{name}_short")
    short = get(system, path, **asked).json()
    assert short[total] == good[total] + 25
    assert len(short[rows]) == len(good[rows])
    breakage.repair()
    breakage.break_source(f"{name}_down")
    with pytest.raises(httpx.ConnectError):
        get(system, path)
    breakage.repair()
    assert get(system, path, **asked).json()[total] == good[total]


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
    for name in ("mineral_cadastre", "environment_permits", "monitoring_feed", "air_observations"):
        port = f"{urlsplit(connection(name)).port:04X}"
        listening = [
            line.split()[1] for path in ("/proc/net/tcp", "/proc/net/tcp6") if Path(path).exists()
            for line in Path(path).read_text(encoding="utf-8").splitlines()[1:]
            if line.split()[1].endswith(f":{port}") and line.split()[3] == "0A"
        ]  # fmt: skip
        assert listening == [f"0100007F:{port}"]
