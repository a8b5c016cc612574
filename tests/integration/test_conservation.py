"""The balance of rows: what the sources have is published, held, superseded, out of scope or later; else nothing is."""

import os
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.errors import ReleaseConflict
from connectors.warehouse import releases
from connectors.warehouse.lease import drop_lease
from tests.conftest import Warehouse
from tests.integration.gate_warehouse import Wells
from tests.integration.kept_connections import kept_connections
from tests.integration.released_things import THING, fill, make_relation
from tests.integration.well_sources import ACCOUNTED, FATES, Fault, WellSources, expected_balance

# Whole releases, one per batch of faults: `make fault-batches` runs 1,000 and says how they ended. Beside them 1,000
# batches of one release are judged one by one, which takes seconds.
BATCHES = int(os.environ.get("LIENTHONG_FAULT_BATCHES", "200"))
FAULTS = st.lists(st.builds(Fault, st.sampled_from("ABC"), st.sampled_from(sorted(FATES))), min_size=1, max_size=12)


@pytest.fixture
def sources(warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WellSources]:
    monkeypatch.setenv("LIENTHONG_PROJECT", str(tmp_path))
    with (
        kept_connections(),
        warehouse.connect("lt_builder") as builder,
        warehouse.connect("owner") as owner,
        warehouse.connect("admin") as admin,
    ):
        yield WellSources(Wells(builder, owner, tmp_path), admin)
        drop_lease()


def test_a_thousand_fault_batches_are_counted_and_judged_one_by_one(sources: WellSources) -> None:
    """A batch is an office of one release: its balance is told apart, and alone it passes only when it balances."""
    chance = random.Random(4)
    batches = {
        f"{n:04}": chance.choices(sorted(chance.choice((FATES, ACCOUNTED))), k=chance.randint(1, 9))
        for n in range(1000)
    }
    faults = [Fault(office, fate) for office, fates in batches.items() for fate in fates]
    sources.fill(faults)
    release, found = sources.attempt()
    expected = expected_balance(faults)
    assert sources.balance(release) == expected
    assert found == sum(terms.get("unaccounted", 0) for terms in expected.values())
    with pytest.raises(ReleaseConflict, match="does not balance"):
        releases.publish(release)

    judged = {office: sources.judge_alone(release, office) for office in batches}
    assert judged == {
        office: (terms.get("unaccounted", 0), "unaccounted" not in terms) for office, terms in expected.items()
    }
    assert 300 < sum(may_be_published for _, may_be_published in judged.values()) < 700


@pytest.mark.timeout(120 + BATCHES)
def test_no_unbalanced_release_publishes(sources: WellSources) -> None:
    ended: Counter[str] = Counter()

    @settings(max_examples=BATCHES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(FAULTS, st.sampled_from([0, 0, 0, 1]))
    def attempt(faults: list[Fault], made_up: int) -> None:
        sources.fill(faults, made_up=made_up)
        release, found = sources.attempt()
        is_balanced = made_up == 0 and all(FATES[fault.fate] for fault in faults)
        assert (found == 0) == is_balanced, "the guard of the gate"
        if is_balanced:
            releases.publish(release)
        else:
            with pytest.raises(ReleaseConflict, match="does not balance"):
                releases.publish(release)
            releases.abandon(release, reason="unbalanced")
        is_published = releases.current_release() == release.release_id
        ended[f"{'balanced' if is_balanced else 'unbalanced'}, {'published' if is_published else 'refused'}"] += 1
        ended["rows missing or too many"] += int(found)

    attempt()
    print(f"\n{BATCHES} batches of faults asked for: {dict(sorted(ended.items()))}")
    assert ended.keys() == {"balanced, published", "unbalanced, refused", "rows missing or too many"}
    assert ended["balanced, published"] + ended["unbalanced, refused"] >= BATCHES


def test_a_dataset_that_a_release_does_not_judge_keeps_its_balance(sources: WellSources) -> None:
    sources.fill([Fault("A", "good"), Fault("A", "deep")])
    first, _ = sources.attempt()
    releases.publish(first)
    make_relation(sources.wells.builder)
    fill(sources.wells.builder, [("a", "1")])
    second = releases.open_release({})
    releases.stage(second, THING)
    releases.publish(second)
    assert sources.balance(second) == sources.balance(first) == {"A": {"published": 1, "held": 1}}
