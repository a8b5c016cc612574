"""The fact of every rule was seen of a damaged record: by a fault, a unit test, or columns read as they are."""

import pytest

from expectations.rules import load_rulebook, load_rulebooks
from infra import rule_origins
from infra.rule_origins import broken_declarations, declarations, fault_files, origin_of

RULES = [(book, rule) for book in load_rulebooks().values() for rule in book.rules]
BY_ID = {rule.id: (book, rule) for book, rule in RULES}


def test_every_rule_has_an_origin():
    assert {rule.id: rule.message.en for book, rule in RULES if origin_of(book, rule) is None} == {}


def test_what_is_declared_by_hand_is_there():
    assert list(broken_declarations()) == []
    said = [rule_id for section in declarations().values() for rule_id in section]
    assert len(said) == len(set(said)), "a rule stands in two sections"
    assert {rule_id for rule_id in said if rule_id not in BY_ID} == set()
    assert {rule_id for rule_id in said if rule_id in fault_files()} == set(), "the fault is the stronger proof"


def test_most_rules_are_proven_by_machine():
    kinds = [origin.kind for book, rule in RULES if (origin := origin_of(book, rule))]
    assert kinds.count("fault") >= 103
    assert kinds.count("own arithmetic") <= 7, "a rule that only we can break needs a reason"


def test_a_hole_is_found(monkeypatch: pytest.MonkeyPatch):
    """A fact without fault and test; one that is tested in one way only; and one that a namesake elsewhere has."""
    book, rule = BY_ID["M06"]
    assert origin_of(book, rule).kind == "unit test"
    monkeypatch.setattr(rule_origins, "unit_tests", dict)
    assert origin_of(book, rule) is None
    one_way = {"expect": {"rows": [{"overlap_barring_zone_m2": 1}, {"overlap_barring_zone_m2": 1}]}, "name": "t"}
    monkeypatch.setattr(rule_origins, "unit_tests", lambda: {"mineral_licence": [one_way]})
    assert origin_of(book, rule) is None
    both = {"expect": {"rows": [{"overlap_barring_zone_m2": 1}, {"overlap_barring_zone_m2": 630}]}, "name": "t"}
    monkeypatch.setattr(rule_origins, "unit_tests", lambda: {"mineral_zone": [both]})
    assert origin_of(book, rule) is None
    monkeypatch.setattr(rule_origins, "unit_tests", lambda: {"mineral_licence": [both]})
    assert origin_of(book, rule).kind == "unit test"


def test_a_flag_must_be_seen_as_the_damage_sets_it(monkeypatch: pytest.MonkeyPatch):
    book = load_rulebook("monitoring_hourly")
    rule = next(rule for rule in book.rules if rule.id == "E15")
    never = {"expect": {"rows": [{"is_in_future": False}, {"is_in_future": None}]}, "name": "t"}
    monkeypatch.setattr(rule_origins, "unit_tests", lambda: {"monitoring_hourly": [never]})
    assert origin_of(book, rule) is None


@pytest.mark.parametrize(
    "line",
    [
        {"as_read": {"L16": ["stg_land_registry__parcel.axes_swapped"]}, "tested": {}, "own_arithmetic": {}},
        {"as_read": {"L16": ["land_parcel.survey_area_m2"]}, "tested": {}, "own_arithmetic": {}},
        {"as_read": {}, "tested": {"L16": ["no_such_unit_test"]}, "own_arithmetic": {}},
        {"as_read": {}, "tested": {}, "own_arithmetic": {"L16": ["tests/unit/test_rule_origins.py::test_none"]}},
    ],
)
def test_a_declaration_that_does_not_hold_is_told(monkeypatch: pytest.MonkeyPatch, line: dict):
    monkeypatch.setattr(rule_origins, "declarations", lambda: line)
    assert len(list(broken_declarations())) == 1
