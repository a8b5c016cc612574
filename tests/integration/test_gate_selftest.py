"""Every rule notices the damage made for it, by itself; and the self-test notices a rule that nothing can break."""

import pytest

from expectations.selftest import trial
from expectations.selftest.trial import prepare, try_all
from infra.gate_selftest import print_trials
from tests.conftest import Warehouse

MINDLESS = {
    "L03": {"predicate": "true"},
    "L16": {"predicate": "abs(computed_area_m2 - survey_area_m2) < 0 or survey_area_m2 is not null"},
    "V09": {"severity": "warn", "predicate": "is_zone_confirmed or not is_zone_confirmed"},
}


def test_every_rule_and_guard_notices_its_damage(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = prepare(warehouse.dsn("admin"))
    trials = list(try_all(bench))
    assert len({trial.rule_id for trial in trials}) >= 112
    unnoticed = [trial for trial in trials if not trial.is_noticed]
    with capsys.disabled():
        print_trials(unnoticed)
    assert unnoticed == []

    # rules that cannot fail, each beside others that would notice: they are told apart
    book = bench.books["land_parcel"]
    rules = tuple(rule.model_copy(update=MINDLESS.get(rule.id, {})) for rule in book.rules)
    blunt = trial.Bench(bench.conn, {"land_parcel": book.model_copy(update={"rules": rules})}, bench.release_id)
    assert {trial.rule_id for trial in try_all(blunt) if not trial.is_noticed} == set(MINDLESS)
    bench.conn.close()
