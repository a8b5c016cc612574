"""Parcels against live licences, zones and protected areas: exact, complete, and the same however it was built."""

import random
from collections.abc import Iterator

import psycopg
import pyproj
import pytest
import shapely

from connectors.landing import extract
from connectors.settings import warehouse_dsn
from infra.cluster import Cluster
from infra.demo.land_registry import make_tables
from tests.integration.built_environment import SEED, TODAY, load_columns, load_minerals, load_protected_areas
from tests.integration.built_land import ask, content_of, dbt, land_warehouse

MART = "+parcel_constraint"
KEY = "concat_ws('|', parcel_key, constraint_dataset, constraint_key)"
GEOD = pyproj.Geod(ellps="WGS84")
LAYERS = """
select 'mineral_licence', licence_key, st_asbinary(geom) from warehouse.mineral_licence
where status = 'IN_FORCE' and is_geometry_valid
union all
select 'mineral_zone', zone_key, st_asbinary(geom) from warehouse.mineral_zone
where is_geometry_valid and valid_from <= date '{today}' and (valid_to is null or valid_to >= date '{today}')
union all
select 'protected_area', protected_area_key, st_asbinary(geom) from warehouse.protected_area
where is_geometry_valid and valid_from <= date '{today}' and (valid_to is null or valid_to >= date '{today}')
"""
# A day: a parcel moved onto another's place, one gone, a licence over, a zone new, one redrawn, a protected area too.
DAY = """
update raw.land_registry__parcel set geom = st_translate(geom, 400, 300), _change_no = 2
where thuadatid in (select split_part(parcel_key, ':', 2)::bigint from warehouse.parcel_constraint order by 1 limit 20);
update raw.land_registry__parcel set _deleted_at = now(), _change_no = 2
where thuadatid = (select max(split_part(parcel_key, ':', 2)::bigint) from warehouse.parcel_constraint);
update raw.mineral_cadastre__licence set hieu_luc_den = hieu_luc_tu + 1, _change_no = 2
where 'mineral_cadastre:' || giay_phep_id = (
    select min(constraint_key) from warehouse.parcel_constraint where constraint_dataset = 'mineral_licence'
);
update raw.mineral_cadastre__zone set geom = st_buffer(geom::geography, 150)::geometry, _change_no = 2
where 'mineral_cadastre:' || khu_vuc_id = (
    select min(constraint_key) from warehouse.parcel_constraint where constraint_dataset = 'mineral_zone'
);
update raw.protected_areas__area set geom = st_buffer(geom, 60), _change_no = 2
where 'protected_areas:' || khu_id = (
    select min(constraint_key) from warehouse.parcel_constraint where constraint_dataset = 'protected_area'
);
insert into raw.mineral_cadastre__zone
select 999, 'RESERVE', ten, can_cu, date '2020-01-01', null, now(), st_translate(geom, 0.004, 0.003),
    _row_hash, _batch_id, 2, _loaded_at, null
from raw.mineral_cadastre__zone where 'mineral_cadastre:' || khu_vuc_id = (
    select max(constraint_key) from warehouse.parcel_constraint where constraint_dataset = 'mineral_zone'
);
"""
TRIGGERS_OFF = """
alter table warehouse.land_parcel disable trigger user;
delete from warehouse.land_parcel where parcel_key = '{0}';
alter table warehouse.land_parcel enable trigger user
"""
TRUNCATED = """
create temp table kept as select * from warehouse.land_parcel where parcel_key <> '{0}';
truncate warehouse.land_parcel;
insert into warehouse.land_parcel select * from kept
"""


@pytest.fixture(scope="module", autouse=True)
def built(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A small register and the mineral cadastre, built once."""
    with land_warehouse(cluster, "warehouse_of_overlay", tmp_path_factory.mktemp("overlay")):
        extract("administrative_units")
        tables = make_tables(0.01, seed=SEED, today=TODAY)
        parcel = dict(tables["parcel"])
        parcel["geom"] = shapely.set_srid(parcel["geom"], parcel["hetoado"].astype(int))
        load_columns("land_registry__parcel", parcel)
        load_columns("land_registry__land_use", tables["land_use"])
        load_minerals(count=1)
        load_protected_areas()
        dbt("build", "--exclude-resource-type", "unit_test", "--indirect-selection", "cautious", "--select", MART)
        yield


def test_overlaps_are_those_that_brute_force_finds() -> None:
    layers = [(dataset, key, shapely.from_wkb(geom)) for dataset, key, geom in ask(LAYERS.format(today=TODAY))]
    parcels = ask("select parcel_key, st_asbinary(geom) from warehouse.land_parcel order by parcel_key")
    near = {key for (key,) in ask("select distinct parcel_key from warehouse.parcel_constraint")}
    some = random.Random(SEED).sample([p for p in parcels if p[0] in near], 150)
    some += random.Random(SEED).sample([p for p in parcels if p[0] not in near], 150)
    expected = {}
    for parcel_key, geom in some:
        parcel = shapely.from_wkb(geom)
        whole = area(parcel)
        for dataset, key, layer in layers:
            overlap = area(shapely.intersection(parcel, layer)) if shapely.intersects(parcel, layer) else 0
            if overlap > 0.01:
                expected[parcel_key, dataset, key] = (overlap, overlap / whole, relation(overlap, whole))
    found = {
        tuple(row[:3]): row[3:]
        for row in ask(
            "select parcel_key, constraint_dataset, constraint_key, overlap_area_m2::float, overlap_share::float,"
            " relation from warehouse.parcel_constraint where parcel_key = any(%s)",
            [parcel_key for parcel_key, _ in some],
        )
    }
    assert found.keys() == expected.keys()
    assert {row[2] for row in expected.values()} >= {"INSIDE", "PARTLY"}
    assert {dataset for _, dataset, _ in expected} == {"mineral_licence", "mineral_zone", "protected_area"}
    for key, (overlap, share, kind) in expected.items():
        assert found[key][0] == pytest.approx(overlap, abs=0.01), key
        assert found[key][1] == pytest.approx(share, abs=1e-5), key
        assert found[key][2] == kind, key


def test_after_a_day_of_changes_only_they_are_overlaid_and_the_result_is_that_of_a_full_build() -> None:
    before = dict(ask(f"select {KEY}, xmin::text from warehouse.parcel_constraint"))
    content = content_of("warehouse.parcel_constraint", KEY)
    with psycopg.connect(warehouse_dsn("owner")) as connection:
        connection.execute(DAY.encode())
    dbt("run", "--select", MART)
    after = dict(ask(f"select {KEY}, xmin::text from warehouse.parcel_constraint"))
    built_again = content_of("warehouse.parcel_constraint", KEY)
    kept = {key for key in before if after.get(key) == before[key]}
    assert len(kept) > len(before) / 3
    assert {key for key in kept if built_again[key] != content[key]} == set()
    assert any(key.endswith("|mineral_zone|mineral_cadastre:999") for key in after)
    assert before.keys() - after.keys()
    dbt("run", "--full-refresh", "--select", "parcel_constraint")
    assert content_of("warehouse.parcel_constraint", KEY) == built_again


def test_nothing_changed_writes_nothing() -> None:
    before = ask(f"select {KEY}, xmin::text from warehouse.parcel_constraint order by 1")
    dbt("run", "--select", "parcel_constraint")
    assert ask(f"select {KEY}, xmin::text from warehouse.parcel_constraint order by 1") == before


def test_a_parcel_that_moved_meets_a_constraint_that_is_new_once() -> None:
    before = content_of("warehouse.parcel_constraint", KEY)
    ((parcel, constraint),) = ask(
        "select parcel_key, constraint_key from warehouse.parcel_constraint order by 1 limit 1"
    )
    with psycopg.connect(warehouse_dsn("lt_builder")) as connection:
        connection.execute("update warehouse.land_parcel set geom = geom where parcel_key = %s", [parcel])
        connection.execute(
            "update intermediate.constraint_overlaid set overlay_mark = 'earlier' where constraint_key = %s",
            [constraint],
        )
    dbt("run", "--select", "parcel_constraint")
    assert content_of("warehouse.parcel_constraint", KEY) == before


def test_a_table_whose_areas_had_six_decimals_gets_nine_where_they_say_something() -> None:
    ((small,),) = ask("select min(parcel_key) from warehouse.parcel_constraint where relation = 'PARTLY'")
    before = content_of("warehouse.parcel_constraint", KEY)
    with psycopg.connect(warehouse_dsn("lt_builder")) as connection:
        connection.execute("alter table warehouse.parcel_constraint alter column overlap_area_m2 type numeric(18,6)")
        connection.execute("update intermediate.constraint_overlaid set overlay_mark = 'of an earlier definition'")
        connection.execute(
            "update warehouse.land_parcel set geom = st_multi(st_expand(st_pointonsurface(geom), 0.000003))"
            " where parcel_key = %s",
            [small],
        )
    dbt("run", "--select", "parcel_constraint")
    places = "select distinct scale(overlap_area_m2), overlap_area_m2 < 1 from warehouse.parcel_constraint order by 1"
    assert ask(places) == [(6, False), (9, True)]
    after = content_of("warehouse.parcel_constraint", KEY)
    others = {key for key in before.keys() | after.keys() if not key.startswith(f"{small}|")}
    assert {key for key in others if before.get(key) != after.get(key)} == set()


def test_a_table_of_parcels_that_was_not_watched_is_overlaid_as_a_whole() -> None:
    key, before = ask("select parcel_key, overlap_area_m2 from warehouse.parcel_constraint order by overlap_share, 1")[
        0
    ]
    rows = ask("select count(*) from warehouse.parcel_constraint")
    with psycopg.connect(warehouse_dsn("lt_builder")) as connection:
        connection.execute("drop trigger watched_update_to on warehouse.land_parcel")
        connection.execute("alter table warehouse.land_parcel disable trigger user")
        connection.execute(
            "update warehouse.land_parcel set geom = st_multi(st_expand(geom, 0.0001)) where parcel_key = %s",
            [key],
        )
    dbt("run", "--select", "parcel_constraint")
    (after,) = ask("select max(overlap_area_m2) from warehouse.parcel_constraint where parcel_key = %s", key)[0]
    assert after > before
    assert ask("select count(*) from warehouse.parcel_constraint")[0][0] >= rows[0][0] - 1
    watched = "select count(*) from pg_trigger where tgrelid = 'warehouse.land_parcel'::regclass and tgenabled = 'O'"
    assert ask(watched + " and tgname like 'watched%'") == [(4,)]


@pytest.mark.parametrize(
    "unseen",
    [TRIGGERS_OFF, TRUNCATED],
    ids=["triggers off and on again", "truncated and filled again"],
)
def test_a_change_that_no_trigger_saw_is_found_all_the_same(unseen: str) -> None:
    ((key,),) = ask("select max(parcel_key) from warehouse.parcel_constraint")
    rows = ask("select count(*) from warehouse.parcel_constraint where parcel_key <> %s", key)
    with psycopg.connect(warehouse_dsn("lt_builder")) as connection:
        connection.execute(unseen.format(key).encode())
    dbt("run", "--select", "parcel_constraint")
    assert ask("select count(*) from warehouse.parcel_constraint where parcel_key = %s", key) == [(0,)]
    assert ask("select count(*) from warehouse.parcel_constraint") == rows


def area(geometry: shapely.Geometry) -> float:
    """Geodesic area, m²."""
    return abs(GEOD.geometry_area_perimeter(shapely.orient_polygons(geometry))[0]) if not geometry.is_empty else 0.0


def relation(overlap: float, whole: float) -> str:
    """What the tolerances call an overlap."""
    if whole - overlap <= 1:
        return "INSIDE"
    return "TOUCHES" if overlap <= 1 else "PARTLY"
