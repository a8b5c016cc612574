"""Releases from open to rollback: what readers see, and that nothing else is written than what changed."""

from collections.abc import Iterator

import psycopg
import pytest

from connectors.errors import KeyNotUnique, ReleaseConflict
from connectors.warehouse import releases
from tests.conftest import Warehouse
from tests.integration.released_things import THING, fill, good, make_relation, outcome, rows, run_release, served


@pytest.fixture
def builder(warehouse: Warehouse) -> Iterator[psycopg.Connection]:
    """A connection as lt_builder to a warehouse with the relation of THING."""
    with warehouse.connect("lt_builder") as conn:
        make_relation(conn)
        yield conn


@pytest.fixture
def publisher(warehouse: Warehouse) -> Iterator[psycopg.Connection]:
    with warehouse.connect("lt_publisher") as conn:
        yield conn


@pytest.fixture
def reader(warehouse: Warehouse) -> Iterator[psycopg.Connection]:
    with warehouse.connect("procedure_reader") as conn:
        yield conn


def test_stage_is_invisible_until_publish(builder, publisher, reader) -> None:
    fill(builder, [("a", "1"), ("b", "1")])
    first = run_release()
    fill(builder, [("a", "2"), ("c", "1")])
    release = releases.open_release({"raw": 1})
    counts = releases.stage(release, THING)
    assert served(reader) == good(a="1", b="1")
    assert served(publisher, "preview.thing") == good(a="2", c="1")
    releases.publish(release)
    assert served(reader) == good(a="2", c="1")
    assert served(reader, f"shared.thing_at({first})") == good(a="1", b="1")
    assert (counts.row_count, counts.added, counts.changed, counts.closed, counts.held_count) == (2, 1, 1, 1, 0)
    assert releases.current_release() == release.release_id
    assert releases.release_made_of({"raw": 1}) == release.release_id
    assert releases.release_made_of({"raw": 2}) is None


def test_release_that_turned_out_the_same_lends_its_fingerprint(builder, publisher) -> None:
    fill(builder, [("a", "1")])
    first = run_release()
    again = releases.open_release({"raw": 7})
    releases.stage(again, THING)
    releases.abandon(again, reason="same rows")
    assert releases.release_made_of({"raw": 7}) is None
    releases.confirm([THING], like=again)
    assert releases.release_made_of({"raw": 7}) == first


def test_release_that_was_rolled_back_is_recognised(builder, publisher) -> None:
    fill(builder, [("a", "1")])
    first = run_release()
    fill(builder, [("a", "2")])
    second = releases.open_release({"raw": 8})
    releases.stage(second, THING)
    releases.publish(second)
    releases.rollback(first, reason="wrong values")
    assert releases.release_made_of({"raw": 8}) == second.release_id


def test_a_new_dataset_has_no_view_before_its_first_publish(builder, publisher, reader) -> None:
    fill(builder, [("a", "1")])
    release = releases.open_release({})
    releases.stage(release, THING)
    with pytest.raises(psycopg.errors.UndefinedTable):
        served(reader)
    releases.publish(release)
    assert served(reader) == good(a="1")


def test_shared_view_carries_the_five_columns_and_hides_facts(builder, reader) -> None:
    fill(builder, [("a", "1")])
    run_release()
    names = [d.name for d in reader.execute("select * from shared.thing").description or ()]
    assert names == [
        "thing_key", "label", "geom", "source_system", "valid_from", "valid_to", "is_held", "source_as_of",
    ]  # fmt: skip
    assert rows(reader, "select source_system from shared.thing") == [("land_registry",)]
    comment = "select obj_description('shared.thing'::regclass), col_description('shared.thing'::regclass, 2)"
    assert rows(reader, comment) == [("Vật thử / Things", "label of the thing")]


def test_unchanged_restage_writes_nothing(builder, publisher) -> None:
    fill(builder, [(str(i), "1") for i in range(50)])
    run_release()
    before = rows(publisher, "select ctid, xmin, * from release.thing order by thing_key")
    run_release()
    assert rows(publisher, "select ctid, xmin, * from release.thing order by thing_key") == before


def test_stage_may_be_repeated_within_a_release(builder, publisher, reader) -> None:
    fill(builder, [("a", "1"), ("b", "1")])
    run_release()
    fill(builder, [("a", "2"), ("c", "1")])
    release = releases.open_release({})
    releases.stage(release, THING)
    fill(builder, [("a", "3"), ("b", "1")])
    counts = releases.stage(release, THING)
    releases.publish(release)
    assert served(reader) == good(a="3", b="1")
    assert (counts.added, counts.changed, counts.closed) == (0, 1, 0)
    assert len(rows(publisher, "select from release.thing")) == 3


def test_held_row_keeps_its_last_good_version(builder, publisher, reader) -> None:
    fill(builder, [("a", "1"), ("b", "1")])
    first = run_release()
    fill(builder, [("a", "bad"), ("b", "1"), ("n", "bad"), ("o", "1")])
    for _ in range(3):
        release = releases.open_release({})
        outcome(publisher, release, "held", ["a", "n"])
        outcome(publisher, release, "out_of_scope", ["o"])
        releases.stage(release, THING)
        releases.publish(release)
        assert served(reader) == {"a": ("1", True), "b": ("1", False)}
        assert rows(
            reader, "select record_key, rule_ids, last_good_release, is_served from shared.held_record order by 1"
        ) == [("a", ["T01"], first, True), ("n", ["T01"], None, False)]
    assert rows(publisher, "select count(*) from release.thing") == [(3,)]
    assert rows(reader, "select row_count, held_count from shared.dataset_status") == [(2, 2)]
    run_release()
    assert served(reader) == good(a="bad", b="1", n="bad", o="1")
    assert rows(reader, "select * from shared.held_record") == []


def test_abandon_leaves_no_trace_in_the_versions(builder, publisher, reader) -> None:
    fill(builder, [("a", "1"), ("b", "1")])
    run_release()
    before = rows(publisher, "select * from release.thing order by thing_key")
    fill(builder, [("a", "2"), ("c", "1")])
    release = releases.open_release({})
    releases.stage(release, THING)
    releases.abandon(release, reason="gate closed")
    releases.abandon(release, reason="again")
    assert rows(publisher, "select * from release.thing order by thing_key") == before
    with pytest.raises(ReleaseConflict):
        releases.publish(release)
    assert run_release() == release.release_id + 1
    assert served(reader) == good(a="2", c="1")


def test_late_owner_is_refused(builder, reader) -> None:
    fill(builder, [("a", "1")])
    late = releases.open_release({})
    releases.stage(late, THING)
    newer = releases.open_release({})
    for step in (lambda: releases.stage(late, THING), lambda: releases.publish(late)):
        with pytest.raises(ReleaseConflict):
            step()
    forged = releases.Release(newer.release_id, late.token)
    with pytest.raises(ReleaseConflict):
        releases.publish(forged)
    with pytest.raises(ReleaseConflict, match="no dataset was staged"):
        releases.publish(newer)
    releases.stage(newer, THING)
    releases.publish(newer)
    releases.publish(newer)
    assert served(reader) == good(a="1")


def test_repeated_or_empty_key_stops_the_stage(builder, publisher) -> None:
    fill(builder, [("a", "1")])
    run_release()
    for bad in ([("a", "1"), ("b", "1"), ("b", "2")], [("a", "1"), (None, "1")]):
        fill(builder, bad)  # type: ignore[arg-type]
        release = releases.open_release({})
        with pytest.raises(KeyNotUnique):
            releases.stage(release, THING)
        releases.abandon(release, reason="key")
    assert len(rows(publisher, "select from release.thing")) == 1


def test_every_crossing_is_in_the_ledger(warehouse, builder) -> None:
    fill(builder, [("a", "1")])
    run_release()
    release = releases.open_release({})
    releases.stage(release, THING)
    releases.abandon(release, reason="gate closed")
    releases.confirm([THING])
    with warehouse.connect("auditor_reader") as auditor:
        kinds = [kind for (kind,) in rows(auditor, "select kind from audit.ledger order by seq")]
    assert kinds == [
        f"release.{step}" for step in ("opened", "staged", "published", "opened", "staged", "abandoned", "confirmed")
    ]
