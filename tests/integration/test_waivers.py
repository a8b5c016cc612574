"""Waivers at work: for their scope and until their last day failures are published as if the rule only warned."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from connectors.warehouse import releases
from connectors.warehouse.lease import drop_lease
from expectations.report import write_report
from expectations.report_facts import report_facts
from expectations.verdicts import Verdict
from expectations.waivers import local_day
from tests.conftest import Warehouse
from tests.integration.gate_warehouse import Wells, rule
from tests.integration.site_world import make_wells

DEPTH = rule("W01", "depth_m < depth_limit_m")
KIND = rule("W02", "kind = 'drilled'", severity="block")
PERMIT = rule("W03", expectation={"type": "expect_column_values_to_be_unique", "column": "permit_no"})


@pytest.fixture
def wells(warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wells]:
    """200 good wells in four communes, and two that are too deep, in communes 00001 and 00002."""
    monkeypatch.setenv("LIENTHONG_PROJECT", str(tmp_path))
    with warehouse.connect("lt_builder") as builder, warehouse.connect("owner") as owner:
        made = Wells(builder, owner, tmp_path)
        make_wells(made)
        for number in range(2):
            made.put(f"deep {number}", 500)
            builder.execute(
                "update warehouse.well set commune_code = %s where well_key = %s",
                (f"0000{number + 1}", f"deep {number}"),
            )
        yield made
        drop_lease()


def grant(wells: Wells, rule_id: str, scope: Any, *, days_left: int = 30) -> None:
    today = local_day(datetime.now(UTC))
    waiver = {
        "id": "W2026-001",
        "rule": rule_id,
        "dataset": "well",
        "scope": scope,
        "approver": "Giám đốc Sở",
        "reason": {"vi": "Đang đo lại.", "en": "Being measured again."},
        "granted_on": today - timedelta(days=60),
        "expires_on": today + timedelta(days=days_left),
    }
    path = wells.project / "expectations" / "waivers.yml"
    path.write_text(yaml.safe_dump({"waivers": [waiver]}, allow_unicode=True), encoding="utf-8")


def served(owner: psycopg.Connection) -> set[str]:
    """The wells that a procedure system sees, of those that fail."""
    rows = owner.execute("select well_key from shared.well where well_key ~ 'deep|dug|twin'").fetchall()
    return {key for (key,) in rows}


def closed_by(verdict: Verdict) -> list[str]:
    return [found.rule_id for found in verdict.closed_by]


@pytest.mark.parametrize(
    ("scope", "let_through"),
    [("all", {"deep 0", "deep 1"}), ({"communes": ["00002"]}, {"deep 1"}), ({"keys": ["deep 0"]}, {"deep 0"})],
)
def test_a_waiver_publishes_what_it_reaches_and_says_so(wells: Wells, scope: Any, let_through: set[str]) -> None:
    book = wells.write_rules(DEPTH, PERMIT)
    grant(wells, "W01", scope)
    release = wells.publish(book)
    assert served(wells.owner) == let_through
    assert wells.outcomes(release) == {
        key: ("warned" if key in let_through else "held", ["W01"]) for key in ("deep 0", "deep 1")
    }
    noted = wells.owner.execute("select record_key, rule_id, waiver_id from quality.waived").fetchall()
    assert set(noted) == {(key, "W01", "W2026-001") for key in let_through}
    ((entry,),) = wells.owner.execute("select payload from audit.ledger where kind = 'waivers'").fetchall()
    (granted,) = entry.pop("waivers")
    assert entry == {"release_id": release.release_id, "dataset": "well", "applied": {"W2026-001": len(let_through)}}
    written = yaml.safe_load((wells.project / "expectations" / "waivers.yml").read_text(encoding="utf-8"))["waivers"][0]
    assert {name: granted[name] for name in ("rule", "approver", "reason")} == {
        name: written[name] for name in ("rule", "approver", "reason")
    }
    assert (granted["granted_on"], granted["expires_on"]) == (str(written["granted_on"]), str(written["expires_on"]))
    assert granted["scope"] == scope or scope.items() <= granted["scope"].items()


def test_what_a_waiver_lets_through_stays_counted_everywhere(wells: Wells) -> None:
    """On the page of its rule the number of records, the trend and the places are one number."""
    book = wells.write_rules(DEPTH, PERMIT)
    wells.publish(book)
    grant(wells, "W01", {"communes": ["00002"]})
    wells.put("w7", 20)
    release = wells.publish(book)
    rule_facts = next(r for r in report_facts(wells.owner, release.release_id).rules if r.rule_id == "W01")
    assert rule_facts.failing == 2
    assert rule_facts.trend == ((1, 2), (2, 2))
    page = write_report(release.release_id, with_docs=False).parent / "rules" / "W01.html"
    text = re.sub(r"<[^>]+>|\s+", " ", page.read_text(encoding="utf-8"))
    assert re.search(r"Let through by waiver\s+1\b", text), text
    (wells.project / "expectations" / "waivers.yml").unlink()
    overview = write_report(release.release_id, with_docs=False)  # as a rollback does, perhaps a year later
    assert "W2026-001" in overview.read_text(encoding="utf-8")
    assert "Let through by waiver" in page.read_text(encoding="utf-8")


def test_a_waiver_that_ended_is_enforced_at_the_next_release(wells: Wells) -> None:
    book = wells.write_rules(DEPTH)
    grant(wells, "W01", "all", days_left=0)
    wells.publish(book)
    assert served(wells.owner) == {"deep 0", "deep 1"}
    grant(wells, "W01", "all", days_left=-1)
    release = wells.publish(book)
    assert {outcome for outcome, _ in wells.outcomes(release).values()} == {"held"}
    served_now = wells.owner.execute("select well_key from shared.well where well_key ~ 'deep' and not is_held")
    assert served_now.fetchall() == []
    assert wells.owner.execute("select count(*) from quality.waived where release_id = 2").fetchone() == (0,)


def test_other_rules_still_hold_what_is_waived_of_one(wells: Wells) -> None:
    book = wells.write_rules(DEPTH, PERMIT)
    grant(wells, "W01", "all")
    wells.put("twin 1", 500, permit_no="same")
    wells.put("twin 2", permit_no="same")
    release = wells.publish(book)
    assert served(wells.owner) == {"deep 0", "deep 1"}
    assert wells.outcomes(release)["twin 1"] == ("held", ["W01", "W03"])


def test_a_blocking_rule_is_waived_for_its_scope_only(wells: Wells) -> None:
    book = wells.write_rules(KIND)
    grant(wells, "W02", {"keys": ["dug 1"]})
    wells.put("dug 1", kind="dug")
    release, verdict = wells.judge(book)
    assert verdict.is_open, verdict.closed_by
    releases.publish(release)
    assert served(wells.owner) == {"deep 0", "deep 1", "dug 1"}
    wells.put("dug 2", kind="dug")
    assert closed_by(wells.judge(book)[1]) == ["W02"]


def test_a_unique_rule_is_waived(wells: Wells) -> None:
    book = wells.write_rules(PERMIT)
    grant(wells, "W03", "all")
    wells.put("twin 1", permit_no="same")
    wells.put("twin 2", permit_no="same")
    wells.publish(book)
    assert served(wells.owner) >= {"twin 1", "twin 2"}


def test_a_rule_over_the_whole_dataset_is_waived(wells: Wells) -> None:
    few = rule("W04", severity="block", expectation={"type": "expect_table_row_count_to_be_between", "max_value": 5})
    book = wells.write_rules(few)
    assert closed_by(wells.judge(book)[1]) == ["W04"]
    grant(wells, "W04", "all")
    _, verdict = wells.judge(book)
    assert verdict.is_open, verdict.closed_by
    assert [(r.severity, r.success) for r in verdict.rules if r.rule_id == "W04"] == [("warn", False)]
