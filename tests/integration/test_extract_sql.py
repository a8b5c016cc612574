"""A database as a source, from contract to raw table: marks, late commits, deletes, shapes, zones, ceilings."""

import threading
from datetime import date

import psycopg
import pytest

from connectors.errors import (
    ContractBroken,
    KeyNotUnique,
    MarkWentBack,
    SettingMissing,
    ShrunkTooFar,
    SourceUnavailable,
    WarehouseBusy,
    WrongSrid,
)
from connectors.landing import extract
from infra.databases import ensure_database
from tests.integration.extract_world import CHANGES, COLUMNS, MAKE, World, run, table


@pytest.fixture(scope="module")
def source_database(cluster):
    return ensure_database(cluster, "things", owner="things_owner", password="scratch")


@pytest.fixture
def source(source_database):
    run(source_database, "drop schema if exists reg cascade", "drop table if exists kept", *MAKE.split(";"))
    return source_database


@pytest.fixture
def world(tmp_path, warehouse, monkeypatch, source):
    made = World(tmp_path, warehouse, monkeypatch)
    made.contract(source, kind="sql", tables={"thing": table(**CHANGES)})
    return made


def one():
    (batch,) = extract("things")
    return batch


def counts(batch):
    return batch.inserted, batch.updated, batch.deleted


def test_first_load_has_every_row_in_the_types_of_the_contract(world):
    assert counts(one()) == (20, 0, 0)
    row = world.live("id, office, name, area::text, since, zone, at::text, st_srid(geom), st_geometrytype(geom)")[0]
    assert row[:7] == (1, "37", "Người 1", "1.5", date(2020, 1, 2), 5897, "2026-01-02 00:00:00+00")
    assert row[7:] == (5897, "ST_MultiPolygon")


def test_a_second_run_writes_no_row_and_says_so_in_the_ledger(world):
    one()
    before = world.rows("select id, xmin::text, _change_no from raw.things__thing order by 1")
    batch = one()
    assert counts(batch) == (0, 0, 0)
    assert batch.change_no is None
    assert batch.rows_read == 1, "only the row at the mark is read again"
    assert world.rows("select id, xmin::text, _change_no from raw.things__thing order by 1") == before
    assert [kind for kind, _ in world.ledger()] == ["load", "load"]


def test_no_personal_value_is_in_the_ledger(world):
    one()
    assert "Người" not in str(world.ledger())


def test_edits_new_rows_and_deletes_are_loaded_and_nothing_else_is_written(world, source):
    one()
    run(
        source,
        "update reg.thing set name = 'X', at = '2026-03-01' where id = 3",
        "insert into reg.thing select 21, '36', 'New', 1, null, 5897, '2026-03-01', geom from reg.thing where id = 1",
        "delete from reg.thing where id = 5",
    )
    batch = one()
    assert counts(batch) == (1, 1, 1)
    changed = world.rows("select id from raw.things__thing where _change_no = %s order by 1", batch.change_no)
    assert changed == [(3,), (5,), (21,)]
    assert world.rows("select _deleted_at is not null from raw.things__thing where id = 5") == [(True,)]


def test_a_deleted_row_that_comes_back_is_live_again(world, source):
    one()
    run(source, "create table kept as select * from reg.thing where id = 5", "delete from reg.thing where id = 5")
    one()
    run(source, "insert into reg.thing select * from kept")
    assert counts(one()) == (0, 1, 0)
    assert len(world.live()) == 20


def test_rows_with_the_same_mark_are_never_passed_over(world, source):
    one()
    run(source, "insert into reg.thing select 22, '36', 'T', 1, null, 5897, at, geom from reg.thing where id = 20")
    assert counts(one()) == (1, 0, 0)


def test_rows_committed_late_are_found_within_and_outside_of_the_overlap(world, source):
    with psycopg.connect(source) as late:
        late.execute("update reg.thing set name = 'late', at = '2026-01-21 00:00+00' where id = 4")
        late.execute(
            "insert into reg.thing select 23, '36', 'late', 1, null, 5897, '2026-01-20 23:30+00', geom "
            "from reg.thing where id = 1"
        )
        late.execute(
            "insert into reg.thing select 24, '36', 'very late', 1, null, 5897, '2026-01-02', geom "
            "from reg.thing where id = 1"
        )
        one()
        late.commit()
    assert counts(one()) == (2, 1, 0)
    assert len(world.live()) == 22


def test_a_deleted_newest_row_is_a_delete_and_the_mark_stays(world, source):
    first = one()
    run(source, "delete from reg.thing where id = 20")
    batch = one()
    assert counts(batch) == (0, 0, 1)
    assert batch.mark_to == first.mark_to
    assert counts(one()) == (0, 0, 0)


def test_rows_set_back_stop_until_a_full_read_is_asked_for(world, source):
    one()
    run(source, "update reg.thing set at = at - interval '9 days', name = 'old'")
    with pytest.raises(MarkWentBack, match="20 rows older"):
        one()
    assert world.live("name")[0] != ("old",)
    (batch,) = extract("things", full=True)
    assert counts(batch) == (0, 20, 0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("alter table reg.thing add column phone text", "added phone (text)"),
        ("alter table reg.thing drop column area", "removed area"),
        ("alter table reg.thing rename column since to since_date", "renamed? since -> since_date"),
        ("alter table reg.thing alter column area type text", "retyped area is text, not numeric(10,1)"),
        ("alter table reg.thing rename to other", "no such table"),
    ],
)
def test_a_changed_shape_stops_before_anything_is_written(world, source, change, said):
    one()
    before = world.live("id, name, _batch_id")
    run(source, change)
    with pytest.raises(ContractBroken) as caught:
        one()
    assert said in caught.value.found
    assert world.live("id, name, _batch_id") == before
    kind, payload = world.ledger()[-1]
    assert (kind, payload["error"]) == ("load_refused", "ContractBroken")


@pytest.mark.parametrize("statement", ["truncate reg.thing", "delete from reg.thing where id > 8"])
def test_an_emptied_or_shrunk_source_deletes_nothing(world, source, statement):
    one()
    run(source, statement)
    with pytest.raises(ShrunkTooFar, match="20 are loaded"):
        one()
    assert len(world.live()) == 20


def test_replaced_keys_are_above_the_ceiling_of_deletes(world, source):
    one()
    run(source, "update reg.thing set id = id + 100, at = '2026-04-01' where id <= 12")
    with pytest.raises(ShrunkTooFar, match="12 rows no longer at the source"):
        one()
    assert len(world.live()) == 20


def test_coordinates_outside_of_the_stated_zone_stop_a_first_load(world, source):
    run(source, "update reg.thing set zone = 3857")
    with pytest.raises(WrongSrid, match="20 of 20 rows outside"):
        one()
    assert world.live() == []


def test_rows_restated_in_another_zone_stop(world, source):
    one()
    run(source, "update reg.thing set zone = 9209, at = at + interval '30 days'")
    with pytest.raises(WrongSrid, match="20 of 20 rows elsewhere"):
        one()


def test_a_few_rows_in_a_wrong_place_are_for_the_rules_to_judge(world, source):
    run(source, "update reg.thing set zone = 3857 where id = 7")
    assert counts(one()) == (20, 0, 0)


def test_partitions_are_read_apart_and_a_row_may_move_between_them(world, source):
    partitions = {"column": "office", "values": {"36": "Nam Định", "37": "Ninh Bình"}}
    world.contract(source, kind="sql", tables={"thing": table(**CHANGES)}, partitions=partitions)
    assert [counts(batch) for batch in extract("things")] == [(10, 0, 0), (10, 0, 0)]
    run(
        source,
        "update reg.thing set office = '37', at = '2026-05-01' where id = 2",
        "delete from reg.thing where id = 3",
    )
    assert [counts(batch) for batch in extract("things", partition="37")] == [(0, 1, 1)]
    assert [counts(batch) for batch in extract("things", partition="36")] == [(0, 0, 0)]
    assert len(world.live()) == 19


def test_live_rows_of_a_partition_are_counted_by_an_index_that_the_second_load_finds(world, source):
    partitions = {"column": "office", "values": {"36": "Hà Nam", "37": "Ninh Bình"}}
    world.contract(source, kind="sql", tables={"thing": table(**CHANGES)}, partitions=partitions)
    query = "select indexdef from pg_indexes where schemaname = 'raw' and indexname = 'things__thing__live'"
    extract("things")
    assert world.rows(query) == [], "the first load is faster without"
    extract("things")
    ((made,),) = world.rows(query)
    assert made.endswith("(office) WHERE (_deleted_at IS NULL)")


def test_a_partition_that_the_contract_does_not_know_stops(world, source):
    partitions = {"column": "office", "values": {"36": "Nam Định"}}
    world.contract(source, kind="sql", tables={"thing": table(**CHANGES)}, partitions=partitions)
    with pytest.raises(ContractBroken, match=r"'37' \(10 rows\)"):
        extract("things")


def test_keys_that_repeat_are_named_unless_they_are_personal(world, source):
    run(source, "alter table reg.thing drop constraint thing_pkey", "update reg.thing set id = 2 where id = 4")
    with pytest.raises(KeyNotUnique, match=r"1 keys more than once, for example 2 \(2x\)"):
        one()
    personal = COLUMNS | {"id": COLUMNS["id"] | {"personal": "pseudonymise"}}
    world.contract(source, kind="sql", tables={"thing": table(**CHANGES | {"columns": personal})})
    with pytest.raises(KeyNotUnique, match=r"for example \*\*\* \(2x\)"):
        one()


def test_a_column_added_to_the_contract_is_read_for_all_rows(world, source):
    one()
    run(source, "alter table reg.thing add column note text default 'n'")
    more = COLUMNS | {"note": {"type": "text", "meaning": "note"}}
    world.contract(source, kind="sql", tables={"thing": table(**CHANGES | {"columns": more})})
    assert counts(one()) == (0, 20, 0)
    assert world.live("id, note")[0] == (1, "n")


def test_a_null_where_the_contract_has_none_is_kept_as_rejected(world, source):
    run(source, "alter table reg.thing alter office drop not null", "update reg.thing set office = null where id = 6")
    with pytest.raises(ContractBroken, match=r"1 of 20: office is missing \(1 rows\)"):
        one()
    lenient = table(**CHANGES) | {"volume": {"max_rejected": 0.1, "max_delete": 0.5, "max_shrink": 0.5}}
    world.contract(source, kind="sql", tables={"thing": lenient})
    assert (counts(one()), counts(one())) == ((19, 0, 0), (0, 0, 0))
    assert world.rows("select row_ref, reason from raw._rejected") == [("6", "office is missing")]
    run(source, "update reg.thing set office = '36', at = '2026-06-01' where id = 6")
    assert counts(one()) == (1, 0, 0)
    assert world.rows("select * from raw._rejected") == []


def test_an_unreachable_database_may_be_tried_again_and_a_wrong_password_may_not(world, source):
    one()
    world.contract("postgresql://x@127.0.0.1:1/x", kind="sql", tables={"thing": table(**CHANGES)})
    with pytest.raises(SourceUnavailable, match="refused"):
        one()
    assert len(world.live()) == 20
    world.contract(source.replace("scratch", "wrong"), kind="sql", tables={"thing": table(**CHANGES)})
    with pytest.raises(SettingMissing):
        one()


def test_two_runs_of_one_table_do_not_meet(world):
    one()
    held, let_go = threading.Event(), threading.Event()

    def hold():
        with world.warehouse.connect("lt_loader") as conn:
            conn.execute("select pg_advisory_lock(hashtextextended('load things.thing [all]', 0))")
            held.set()
            let_go.wait(20)

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        assert held.wait(20)
        with pytest.raises(WarehouseBusy, match="another run"):
            one()
    finally:
        let_go.set()
        thread.join()
    assert counts(one()) == (0, 0, 0)
