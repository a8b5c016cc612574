"""History through rollbacks: every release keeps answering what it served, and the next one starts from it.

The property test plays random days against a model that keeps a whole copy per release.
"""

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.errors import ReleaseConflict
from connectors.warehouse import releases
from connectors.warehouse.lease import drop_lease
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


def test_rollback_serves_the_old_rows_and_the_next_release_the_new_ones(builder, publisher) -> None:
    history = {}
    for content in ({"a": "1", "b": "1"}, {"a": "2", "b": "1"}, {"a": "3", "c": "1"}):
        fill(builder, content.items())
        history[run_release()] = good(**content)
    first, second, third = history
    releases.rollback(first, reason="sai số liệu")
    assert served(publisher, "shared.thing") == history[first]
    assert rows(publisher, "select release_id, status, is_current from shared.release order by 1") == [
        (first, "published", True), (second, "rolled_back", False), (third, "rolled_back", False),
    ]  # fmt: skip
    fill(builder, [("a", "3"), ("b", "9")])
    release = releases.open_release({})
    counts = releases.stage(release, THING)
    releases.publish(release)
    assert (counts.added, counts.changed, counts.closed) == (0, 2, 0), "counted against what was published"
    history[release.release_id] = good(a="3", b="9")
    for number, content in history.items():
        assert served(publisher, f"shared.thing_at({number})") == content


def test_held_row_after_a_rollback_gets_no_rolled_back_version(builder, publisher) -> None:
    fill(builder, [("a", "1")])
    first = run_release()
    fill(builder, [("a", "2"), ("b", "1")])
    run_release()
    releases.rollback(first, reason="b and the new a are wrong")
    fill(builder, [("a", "3"), ("b", "2")])
    release = releases.open_release({})
    outcome(publisher, release, "held", ["a", "b"])
    releases.stage(release, THING)
    releases.publish(release)
    assert served(publisher) == {"a": ("1", True)}
    query = "select record_key, last_good_release, is_served from shared.held_record order by 1"
    assert rows(publisher, query) == [("a", first, True), ("b", None, False)]


def test_dataset_that_is_not_staged_stays_as_readers_see_it(builder, publisher) -> None:
    other = replace(THING, name="other", relation="warehouse.other")
    make_relation(builder, other)
    fill(builder, [("a", "1")])
    fill(builder, [("x", "1"), ("y", "1")], other)
    first = run_release(THING, other)
    fill(builder, [("x", "2")], other)
    run_release(THING, other)
    releases.rollback(first, reason="other is wrong")
    last = run_release(THING)
    assert served_other(publisher) == {"x": "1", "y": "1"}
    status = "select dataset, release_id, row_count from shared.dataset_status order by 1"
    assert rows(publisher, status) == [("other", last, 2), ("thing", last, 1)]


def served_other(conn: psycopg.Connection) -> dict[str, str]:
    return dict(rows(conn, "select thing_key, label from shared.other"))


def test_rollback_refuses_what_cannot_be_served(builder, publisher) -> None:
    fill(builder, [("a", "1")])
    first = run_release()
    release = releases.open_release({})
    releases.abandon(release, reason="test")
    second = run_release()
    for to, reason in ((second, "current"), (release.release_id, "abandoned"), (99, "unknown"), (first, " ")):
        with pytest.raises(ReleaseConflict):
            releases.rollback(to, reason=reason)
    assert releases.current_release() == second


def test_release_that_is_not_kept_is_an_error_not_an_empty_answer(builder, publisher) -> None:
    numbers = []
    for label in "1234":
        fill(builder, [("a", label)])
        numbers.append(run_release())
    staged = releases.open_release({})
    assert releases.collect(2) == 2
    assert served(publisher, f"shared.thing_at({numbers[2]})") == good(a="3")
    for number in (numbers[0], numbers[1], staged.release_id, 99):
        with pytest.raises(psycopg.errors.InvalidParameterValue):
            served(publisher, f"shared.thing_at({number})")
    releases.abandon(staged, reason="test")
    with pytest.raises(ReleaseConflict):
        releases.rollback(numbers[0], reason="too old")


def test_collect_keeps_what_a_rollback_needs(builder, publisher) -> None:
    numbers = []
    for label in "1234":
        fill(builder, [("a", label)])
        numbers.append(run_release())
    releases.rollback(numbers[1], reason="test")
    assert releases.collect(1) == 1
    assert served(publisher) == good(a="2")


CONTENT = st.dictionaries(st.sampled_from("abcd"), st.sampled_from("123"), max_size=4)
DAY = st.tuples(
    st.sampled_from(["publish", "publish", "publish", "abandon", "crash", "rollback", "collect"]),
    CONTENT,
    st.sets(st.sampled_from("abcd"), max_size=2),
    st.integers(0, 20),
)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(days=st.lists(DAY, min_size=4, max_size=9))
def test_any_sequence_of_days_is_told_truly(warehouse: Warehouse, days) -> None:
    with warehouse.connect("admin") as admin, warehouse.connect("lt_builder") as builder:
        _empty(admin, builder)
        history: dict[int, dict[str, tuple[str, bool]]] = {}
        current, oldest = None, 0
        for action, content, held, number in days:
            if action == "rollback" and len(history) > 1:
                targets = [r for r in history if r != current and r >= oldest]
                if targets:
                    current = targets[number % len(targets)]
                    releases.rollback(current, reason="model")
            elif action == "collect" and current:
                releases.collect(1 + number % 3)
                newest = sorted(history)[-(1 + number % 3) :]
                oldest = max(oldest, min(newest[0], current))
            elif action in ("publish", "abandon", "crash"):
                fill(builder, content.items())
                release = releases.open_release({})
                outcome(admin, release, "held", sorted(held & content.keys()))
                releases.stage(release, THING)
                if action == "abandon":
                    releases.abandon(release, reason="model")
                elif action == "publish":
                    releases.publish(release)
                    before = history.get(current, {}) if current else {}
                    history[release.release_id] = _expected(content, held, before)
                    current = release.release_id
            for kept in [r for r in history if r >= oldest]:
                assert served(admin, f"shared.thing_at({kept})") == history[kept]
            assert current is None or served(admin) == history[current]


def _expected(content, held, before) -> dict[str, tuple[str, bool]]:
    kept = {key: (before[key][0], True) for key in held & content.keys() if key in before}
    return {key: (label, False) for key, label in content.items() if key not in held} | kept


def _empty(admin: psycopg.Connection, builder: psycopg.Connection) -> None:
    drop_lease()
    builder.execute("drop table if exists warehouse.thing")
    make_relation(builder)
    admin.execute("drop view if exists preview.thing")
    admin.execute("drop view if exists shared.thing cascade")
    admin.execute("drop view if exists shared.thing_version")
    admin.execute("drop table if exists release.thing")
    admin.execute(
        "truncate release.dataset, release.dataset_release, release.held, release.refused_change, quality.row_outcome"
    )
    admin.execute("update release.pointer set release_id = null")
    admin.execute("update release.kept set oldest_release = 1")
    admin.execute("delete from release.release")
