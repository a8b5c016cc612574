"""Waivers: what the file may say, and on which days one holds."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.errors import ContractInvalid
from connectors.settings import project_root
from expectations.rules import load_rulebooks
from expectations.waivers import assert_waivers_fit, load_waivers, local_day, waiver_states

BOOKS = load_rulebooks()
TODAY = local_day(datetime.now(UTC))
GOOD: dict[str, Any] = {
    "id": "W2026-001",
    "rule": "L03",
    "dataset": "land_parcel",
    "scope": "all",
    "approver": "Giám đốc",
    "reason": {"vi": "Đang đo đạc lại.", "en": "Being surveyed again."},
    "granted_on": date(2026, 11, 1),
    "expires_on": date(2026, 11, 22),
}

FOR_A_YEAR = {"granted_on": TODAY, "expires_on": TODAY + timedelta(days=365)}


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LIENTHONG_PROJECT", str(tmp_path))
    (tmp_path / "expectations").mkdir()

    def put(*waivers: dict[str, Any]) -> None:
        text = yaml.safe_dump({"waivers": list(waivers)}, allow_unicode=True)
        (tmp_path / "expectations" / "waivers.yml").write_text(text, encoding="utf-8")

    return put


def test_the_file_of_this_project_can_be_read_and_fits_its_rules() -> None:
    assert (project_root() / "expectations" / "waivers.yml").exists()
    assert_waivers_fit(load_rulebooks())


@pytest.mark.parametrize("change", [{"rule": "L99"}, {"dataset": "land_parcels"}, {"rule": "G01"}])
def test_a_waiver_of_nothing_is_an_error(write, change: dict[str, str]) -> None:
    write(GOOD | FOR_A_YEAR)
    assert_waivers_fit(BOOKS)
    write(GOOD | FOR_A_YEAR | change)
    with pytest.raises(ContractInvalid, match="has no rule"):
        assert_waivers_fit(BOOKS)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"rule": "H02", "dataset": "land_right"}, "because that record is held"),
        ({"rule": "E12", "dataset": "monitoring_hourly", "scope": {"keys": ["a"]}}, "judges no single record"),
    ],
)
def test_a_waiver_that_could_let_nothing_through_is_an_error(write, change: dict[str, Any], found: str) -> None:
    write(GOOD | FOR_A_YEAR | change)
    with pytest.raises(ContractInvalid, match=found):
        assert_waivers_fit(BOOKS)


def test_a_waiver_that_ended_may_name_a_rule_that_was_retired_since(write) -> None:
    ended = {"granted_on": date(2026, 1, 1), "expires_on": date(2026, 1, 31)}
    write(GOOD | ended | {"rule": "L99"}, GOOD | ended | {"id": "W2026-002", "dataset": "no_more"})
    assert_waivers_fit(BOOKS)
    write(GOOD | FOR_A_YEAR | {"rule": "L99"})
    with pytest.raises(ContractInvalid, match="has no rule"):
        assert_waivers_fit(BOOKS)


def test_no_file_is_no_waiver(write) -> None:
    assert load_waivers() == ()


@pytest.mark.parametrize(
    ("day", "state"),
    [(date(2026, 10, 31), "not_yet"), (date(2026, 11, 1), "in_force"), (date(2026, 11, 22), "in_force"),
     (date(2026, 11, 23), "expired")],
)  # fmt: skip
def test_a_waiver_holds_from_its_first_to_its_last_day(write, day: date, state: str) -> None:
    write(GOOD)
    assert [found.state for found in waiver_states(load_waivers(), day)] == [state]


def test_days_are_vietnamese() -> None:
    assert local_day(datetime(2026, 11, 22, 16, 59, tzinfo=UTC)) == date(2026, 11, 22)
    assert local_day(datetime(2026, 11, 22, 17, 0, tzinfo=UTC)) == date(2026, 11, 23)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"expires_on": None}, "expires_on"),
        ({"expires_on": date(2026, 10, 1)}, "ends on or after"),
        ({"expires_on": date(2028, 1, 1)}, "366 days"),
        ({"approver": ""}, "approver"),
        ({"reason": {"vi": "Chỉ tiếng Việt"}}, "reason.en"),
        ({"scope": {}}, "communes or keys"),
        ({"scope": {"communes": ["14452"], "keys": ["a"]}}, "communes or keys"),
        ({"scope": {"communes": ["1445"]}}, "scope"),
        ({"id": "W1"}, "id"),
        ({"until": "ever"}, "until"),
    ],
)
def test_what_a_waiver_must_say(write, change: dict[str, Any], found: str) -> None:
    write(GOOD | change)
    with pytest.raises(ContractInvalid) as error:
        load_waivers()
    assert found in error.value.found
    assert error.value.where.endswith("waivers.yml")


def test_an_id_is_used_once(write) -> None:
    write(GOOD, GOOD | {"rule": "L04"})
    with pytest.raises(ContractInvalid, match="W2026-001"):
        load_waivers()
