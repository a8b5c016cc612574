"""The land models on the demonstration register with its injected faults, read by the real extract.

Every fault is a fact that its rule sees, nobody else is touched, and building only what changed gives what building
everything gives.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

import psycopg
import pytest

from connectors.landing import extract
from expectations.rules import load_rulebook
from infra.cluster import Cluster
from infra.databases import ensure_database
from infra.demo.ground_truth import Fault
from infra.demo.land_faults import damage_land
from infra.demo.land_registry import fill_database, make_tables
from tests.integration.built_land import LAND, ask, content_of, dbt, land_warehouse

DATASETS = ("land_parcel", "land_restriction", "administrative_unit", "administrative_unit_change")
RULES = {f"L{number:02d}" for number in (*range(1, 8), *range(9, 18))}
BUILT = {
    "intermediate.int_parcel_geometry_repaired": "parcel_id",
    "intermediate.int_parcel_commune_matched": "parcel_id",
    "intermediate.int_parcel_overlapped": "parcel_id",
    "warehouse.land_parcel": "parcel_key",
    "warehouse.land_restriction": "restriction_key",
}
# A working day: a parcel that grows over its neighbour, one of an overlapping pair gone and the other one's fault
# mended by that, another use, a dispute opened, a number given twice, a parcel moved to another commune, a deletion.
MUTATIONS = """
update dc.dc_thuadat set geom = st_setsrid(st_multi(st_scale(st_geometryn(geom, 1), st_makepoint(1.05, 1.05),
    st_centroid(geom))), hetoado), capnhatluc = now() where thuadatid in (select min(thuadatid) + 7 from dc.dc_thuadat);
delete from dc.dc_thuadat where thuadatid = {overlapping};
update dc.dc_mucdichsudungdat set mucdichsudung = 'XYZ', capnhatluc = now() where thuadatid = {plain};
insert into dc.dc_tranhchap select max(tranhchapid) + 1, '37', {plain}, true, date '2026-01-01', null, null, now()
    from dc.dc_tranhchap;
update dc.dc_thuadat set sothututhua = other.sothututhua, sohieutobando = other.sohieutobando, maxa = other.maxa,
    maxa_tungay = other.maxa_tungay, capnhatluc = now()
    from dc.dc_thuadat as other where dc_thuadat.thuadatid = {plain} + 1 and other.thuadatid = {plain};
delete from dc.dc_mucdichsudungdat where thuadatid = {plain} + 2;
delete from dc.dc_thuadat where thuadatid = {plain} + 3;
"""


@pytest.fixture(scope="module")
def registry(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[psycopg.Connection, list[Fault]]]:
    """The damaged register, extracted and built once; and what was damaged."""
    with land_warehouse(cluster, "warehouse_of_land", tmp_path_factory.mktemp("land")):
        source = ensure_database(cluster, "register_of_land", owner="land_register_owner", password="land")
        tables = make_tables(0.01, seed=11, today=date(2026, 11, 21))
        faults = damage_land(tables, seed=11, count=3)
        with psycopg.connect(source) as connection, pytest.MonkeyPatch.context() as patch:
            fill_database(connection, tables)
            connection.commit()
            reader = cluster.dsn("land_reader", "land", "register_of_land")
            patch.setenv("LIENTHONG_CONN_LAND_REGISTRY", reader)
            extract("administrative_units")
            extract("land_registry")
            dbt("build", "--exclude-resource-type", "unit_test", "--select", *LAND)
            yield connection, faults


def failing_rules() -> dict[tuple[str, str], set[str]]:
    """The rules that fail, by dataset and record key."""
    found = defaultdict(set)
    for name in DATASETS:
        book = load_rulebook(name)
        key = "concat_ws('|', " + ", ".join(book.dataset.key) + ")"
        for rule in book.rules:
            for (record,) in ask(f"select {key} from {book.dataset.relation} where ({rule.predicate}) is not true"):
                found[name, record].add(rule.id)
    return found


def test_every_injected_fault_is_found_by_its_rule_and_no_other_row_fails(registry):
    found, faults = failing_rules(), registry[1]
    missed = [fault for fault in faults if fault.rule_id not in found[fault.dataset, fault.record_key]]
    assert not missed
    assert {fault.rule_id for fault in faults} >= RULES
    assert {key for key, rules in found.items() if rules} == {(fault.dataset, fault.record_key) for fault in faults}


def test_the_zone_that_a_misplaced_parcel_belongs_to_is_suggested(registry):
    wrong = [fault.record_key for fault in registry[1] if fault.fault == "wrong_zone"]
    rows = ask("select source_srid, suggested_srid from warehouse.land_parcel where parcel_key = any (%s)", wrong)
    assert {tuple(sorted(row)) for row in rows} == {(5897, 9209)}


def test_a_divided_commune_is_found_by_geometry_and_every_other_by_code(registry):
    rows = dict(ask("select commune_method, count(*) from warehouse.land_parcel group by 1"))
    divided = ask(
        """
        select count(*) from warehouse.land_parcel as p where (
            select count(*) from warehouse.administrative_unit_change as c
            where c.old_code = p.source_commune_code and p.source_commune_valid_on < c.effective_on
        ) > 1
        """
    )[0][0]
    assert rows["GEOMETRY"] + rows.get("NONE", 0) >= divided > 0
    told = "(commune_code is null) = (commune_method = 'NONE')"
    assert ask(f"select bool_and({told}) from warehouse.land_parcel") == [(True,)]


def test_no_personal_value_passes_staging(registry):
    persons = ask("select hoten, sogiayto from raw.land_registry__party where loai = 'CA_NHAN' limit 50")
    assert persons and all(map(all, persons))
    parties = " ".join(row for (row,) in ask("select t::text from staging.stg_land_registry__party as t"))
    assert not [value for person in persons for value in person if value in parties]
    subjects = ask("select subject_key from warehouse.land_restriction where subject_type = 'PERSON'")
    assert subjects and all(len(key) == 64 for (key,) in subjects)


@pytest.mark.slow
def test_building_what_changed_gives_what_building_everything_gives(registry):
    connection, faults = registry
    overlapping = next(fault.source_key for fault in faults if fault.fault == "overlap")
    plain = ask("select min(parcel_id) + 20 from warehouse.land_parcel")[0][0]
    before = {relation: content_of(relation, key) for relation, key in BUILT.items()}
    connection.execute(MUTATIONS.format(overlapping=overlapping, plain=plain))
    connection.commit()
    extract("land_registry", full=True)

    dbt("build", "--exclude-resource-type", "unit_test", "--select", *LAND)
    incremental = {relation: content_of(relation, key) for relation, key in BUILT.items()}
    found = failing_rules()
    dbt("build", "--full-refresh", "--exclude-resource-type", "unit_test", "--select", *LAND)
    full = {relation: content_of(relation, key) for relation, key in BUILT.items()}

    for relation in BUILT:
        differing = set(incremental[relation].items()) ^ set(full[relation].items())
        assert not differing, relation
    assert before["warehouse.land_parcel"].keys() - full["warehouse.land_parcel"].keys() == {
        f"land_registry:{overlapping}",
        f"land_registry:{plain + 3}",
    }
    mended = [fault.record_key for fault in faults if fault.fault == "overlap"][1]
    assert "L04" not in found["land_parcel", mended]
    grown = ask("select min(parcel_id) + 7 from warehouse.land_parcel")[0][0]
    assert "L04" in found["land_parcel", f"land_registry:{grown}"]
    assert {"L01", "L06", "L17"} <= found["land_parcel", f"land_registry:{plain}"]
    assert "L01" in found["land_parcel", f"land_registry:{plain + 1}"]
    assert "L07" in found["land_parcel", f"land_registry:{plain + 2}"]
