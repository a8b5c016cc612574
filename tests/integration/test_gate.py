"""The gate: Great Expectations on what would be published. What fails, raises or is missing never publishes."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.errors import ContractInvalid, ReleaseConflict
from connectors.settings import home
from connectors.warehouse import releases
from connectors.warehouse.lease import drop_lease
from connectors.warehouse.releases import Release
from expectations.gate import gate
from expectations.verdicts import Verdict
from tests.conftest import Warehouse
from tests.integration.gate_warehouse import RELATION, Wells, rule


@pytest.fixture
def wells(warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wells]:
    """A warehouse with the relation of wells and a project folder of its own."""
    monkeypatch.setenv("LIENTHONG_PROJECT", str(tmp_path))
    with warehouse.connect("lt_builder") as builder, warehouse.connect("owner") as owner:
        builder.execute(RELATION)
        for number in range(8):
            number_text = f"w{number}"
            builder.execute(
                "insert into warehouse.well values (%s, 10, 'drilled', %s, 100, sha256(%s))",
                (number_text, number_text, number_text.encode()),
            )
        yield Wells(builder, owner, tmp_path)
        drop_lease()


def closed_by(verdict: Verdict) -> list[str]:
    return [rule.rule_id for rule in verdict.closed_by]


def test_gate_is_open_when_held_rows_are_kept_back(wells: Wells) -> None:
    book = wells.write_rules(
        rule("W01", "depth_m < depth_limit_m"),
        rule("W02", expectation={"type": "expect_column_values_to_be_unique", "column": "permit_no"}),
        rule("W03", "kind <> 'spring'", severity="scope"),
    )
    wells.put("deep", 500)
    wells.put("twin 1", permit_no="7")
    wells.put("twin 2", permit_no="7")
    wells.put("spring", kind="spring")
    release, verdict = wells.judge(book)
    assert verdict.is_open
    releases.publish(release)
    served = wells.owner.execute("select well_key from shared.well where well_key not like 'w_' order by 1").fetchall()
    assert served == []
    held = wells.owner.execute("select record_key, is_served from shared.held_record order by 1").fetchall()
    assert held == [("deep", False), ("twin 1", False), ("twin 2", False)]


def test_held_row_keeps_its_last_good_version(wells: Wells) -> None:
    book = wells.write_rules(rule("W01", "depth_m < depth_limit_m"))
    wells.publish(book)
    wells.put("w1", 500)
    wells.publish(book)
    assert wells.owner.execute("select depth_m, is_held from shared.well where well_key = 'w1'").fetchall() == [
        (10, True)
    ]


def test_warning_is_counted_and_does_not_hold_or_close(wells: Wells) -> None:
    book = wells.write_rules(rule("W01", "depth_m < 20", severity="warn"))
    wells.put("w1", 30)
    release, verdict = wells.judge(book)
    assert verdict.is_open
    (warning,) = [r for r in verdict.rules if r.rule_id == "W01"]
    assert not warning.success
    assert warning.observed["found"] == 1
    assert warning.observed["sample_keys"] == ["w1"]
    releases.publish(release)
    assert wells.owner.execute("select is_held from shared.well where well_key = 'w1'").fetchall() == [(False,)]


@pytest.mark.parametrize(
    "blocking",
    [
        rule("W01", "depth_m < 20", severity="block"),
        rule(
            "W01",
            severity="block",
            expectation={"type": "expect_column_max_to_be_between", "column": "depth_m", "max_value": 20},
        ),
        rule("W01", severity="block", expectation={"type": "expect_table_row_count_to_be_between", "max_value": 7}),
    ],
    ids=["row predicate", "column maximum", "row count"],
)
def test_blocking_rule_closes_the_gate_and_shared_stays(wells: Wells, blocking: dict) -> None:
    wells.publish(wells.write_rules(rule("W09", "true")))
    before = wells.owner.execute("select * from shared.well order by 1").fetchall()
    wells.put("w1", 30)
    release, verdict = wells.judge(wells.write_rules(blocking))
    assert closed_by(verdict) == ["W01"]
    releases.abandon(release, reason="gate closed")
    assert wells.owner.execute("select * from shared.well order by 1").fetchall() == before


def test_blocking_rule_closes_also_for_a_row_that_is_held(wells: Wells) -> None:
    book = wells.write_rules(rule("W01", "depth_m < 20"), rule("W02", "depth_m < 20", severity="block"))
    wells.put("w1", 30)
    _, verdict = wells.judge(book)
    assert closed_by(verdict) == ["W02"]


MADE_UP = """
insert into release.well
select 'made up', 10, 'drilled', 'x', source_system, valid_from, valid_to, false, row_hash, from_release, to_release
from release.well limit 1
"""


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (MADE_UP, {"W02", "G04"}),
        ("update release.well set depth_m = -1 where well_key = 'w1'", {"W01"}),
        ("update release.well set kind = null where well_key = 'w1'", {"W03"}),
        ("update release.well set permit_no = 'w2' where well_key = 'w1'", {"W04"}),
        ("delete from release.well where well_key = 'w1'", {"G04"}),
        ("update release.well set is_held = true where well_key = 'w1'", {"G04"}),
    ],
    ids=["row without origin", "wrong value", "lost value", "twin", "lost row", "row marked held"],
)
def test_a_bug_of_stage_is_noticed(wells: Wells, damage: str, expected: set[str]) -> None:
    book = wells.write_rules(
        rule("W01", "depth_m > 0"),
        rule("W02", "depth_m < depth_limit_m"),
        rule("W03", "kind in ('drilled', 'dug')"),
        rule("W04", expectation={"type": "expect_column_values_to_be_unique", "column": "permit_no"}),
    )
    release, _ = wells.check(book)
    releases.stage(release, book.dataset)
    wells.owner.execute(damage)
    assert set(closed_by(gate(release))) == expected


@pytest.mark.parametrize("severity", ["block", "warn"])
def test_an_expectation_that_raises_closes_the_gate(wells: Wells, severity: str) -> None:
    raises = {"type": "expect_column_max_to_be_between", "column": "no_such_column", "max_value": 20}
    book = wells.write_rules(rule("W01", severity=severity, expectation=raises), rule("W02", "depth_m < 20"))
    _, verdict = wells.judge(book)
    assert closed_by(verdict) == ["W01"]
    assert verdict.closed_by[0].observed["error"]


def test_a_predicate_that_raises_on_staged_rows_closes_the_gate(wells: Wells) -> None:
    book = wells.write_rules(rule("W01", "kind = 'drilled' or kind::integer > 0"), rule("W02", "depth_m < 20"))
    release, _ = wells.check(book)
    releases.stage(release, book.dataset)
    wells.owner.execute("update release.well set kind = 'Nguyễn Văn A' where well_key = 'w1'")
    verdict = gate(release)
    assert closed_by(verdict) == ["W01"]
    assert verdict.closed_by[0].observed == {"error": "InvalidTextRepresentation", "failing_keys": 0}
    kept = "".join(path.read_text(encoding="utf-8") for path in (home() / "gx").rglob("*.json"))
    assert '"unexpected_count"' in kept
    assert "Nguy" not in kept


def test_a_rule_without_an_answer_closes_the_gate(wells: Wells, monkeypatch: pytest.MonkeyPatch) -> None:
    from expectations import checkpoint

    book = wells.write_rules(rule("W01", "depth_m > 0"), rule("W02", "depth_m < 20"))
    honest = checkpoint._findings
    monkeypatch.setattr(checkpoint, "_findings", lambda result: (pair for pair in honest(result) if pair[0] != "W01"))
    _, verdict = wells.judge(book)
    assert closed_by(verdict) == ["W01"]


def test_an_unknown_expectation_type_is_refused(wells: Wells) -> None:
    book = wells.write_rules(rule("W01", severity="block", expectation={"type": "expect_wells_to_be_deep"}))
    with pytest.raises(ContractInvalid, match="W01: expect_wells_to_be_deep"):
        wells.judge(book)


def test_guard_held_share_closes_the_gate(wells: Wells) -> None:
    book = wells.write_rules(rule("W01", "depth_m < 20"), guards={"max_held_share": 0.1})
    wells.put("w1", 30)
    _, verdict = wells.judge(book)
    assert closed_by(verdict) == ["G01"]
    assert verdict.closed_by[0].observed["found"] == 1


def test_guard_shrink_closes_the_gate(wells: Wells) -> None:
    book = wells.write_rules(rule("W01", "true"))
    wells.publish(book)
    wells.builder.execute("delete from warehouse.well where well_key > 'w2'")
    _, verdict = wells.judge(book)
    assert closed_by(verdict) == ["G02"]


def test_guard_empty_closes_the_gate_of_a_first_release(wells: Wells) -> None:
    wells.builder.execute("delete from warehouse.well")
    book = wells.write_rules(rule("W01", "true"))
    _, verdict = wells.judge(book)
    assert closed_by(verdict) == ["G02"]
    may_be_empty = wells.write_rules(rule("W01", "true"), guards={"min_rows": 0})
    assert wells.judge(may_be_empty)[1].is_open


KEY_EMPTY = """
alter table release.well alter well_key drop not null;
update release.well set well_key = null where well_key = 'w1'
"""


@pytest.mark.parametrize(
    ("damage", "guards"),
    [
        ("drop index release.well_key; insert into release.well select * from w1", {"G03", "G04"}),
        ("update w1 set to_release = to_release - 1; insert into release.well select * from w1", {"G03", "G04"}),
        (KEY_EMPTY, {"G03"}),
    ],
    ids=["twice without the index", "twice with an end that the index does not compare", "empty"],
)
def test_guard_key_closes_the_gate(wells: Wells, damage: str, guards: set[str]) -> None:
    book = wells.write_rules(rule("W01", "true"))
    release, _ = wells.check(book)
    releases.stage(release, book.dataset)
    wells.owner.execute("create temp table w1 as select * from release.well where well_key = 'w1'")
    wells.owner.execute(damage.encode())
    assert set(closed_by(gate(release))) == guards


def test_gate_judges_only_the_open_release(wells: Wells) -> None:
    book = wells.write_rules(rule("W01", "true"))
    release, verdict = wells.judge(book)
    assert verdict.is_open
    with pytest.raises(ReleaseConflict):
        gate(Release(release.release_id, "00000000-0000-0000-0000-000000000000"))
    releases.abandon(release, reason="test")
    with pytest.raises(ReleaseConflict):
        gate(release)


def test_verdict_and_ledger_entry_are_written_together(wells: Wells) -> None:
    book = wells.write_rules(
        rule("W01", "depth_m < 20", severity="block"), rule("W02", "depth_m < 20", severity="warn")
    )
    wells.put("w1", 30)
    release, _ = wells.judge(book)
    rows = wells.owner.execute("select rule_id, severity, success from quality.verdict order by 1").fetchall()
    assert rows == [
        ("G01", "block", True),
        ("G02", "block", True),
        ("G03", "block", True),
        ("G04", "block", True),
        ("W01", "block", False),
        ("W02", "warn", False),
    ]
    (payload,) = wells.owner.execute("select payload from audit.ledger where kind = 'verdict'").fetchone()
    assert payload == {
        "release_id": release.release_id,
        "is_open": False,
        "datasets": ["well"],
        "rules": 6,
        "closed_by": [{"dataset": "well", "rule_id": "W01", "found": 1}],
        "warned": [{"dataset": "well", "rule_id": "W02", "found": 1}],
    }


def test_values_of_personal_columns_are_nowhere(wells: Wells) -> None:
    maximum = {"type": "expect_column_max_to_be_between", "column": "permit_no", "max_value": "0"}
    book = wells.write_rules(
        rule("W01", severity="warn", columns=["permit_no"], expectation=maximum),
        rule("W02", "permit_no < '0'", severity="warn", columns=["permit_no"]),
        personal=["permit_no"],
    )
    wells.put("w1", permit_no="012345678901")
    _, verdict = wells.judge(book)
    kept = "".join(path.read_text(encoding="utf-8") for path in (home() / "gx").rglob("*") if path.is_file())
    assert "012345678901" not in kept + json.dumps([dict(r.observed) for r in verdict.rules])
    assert "w7" not in kept  # the maximum itself


def test_connection_strings_are_not_kept(wells: Wells, warehouse: Warehouse) -> None:
    wells.judge(wells.write_rules(rule("W01", "true")))
    kept = "".join(path.read_text(encoding="utf-8") for path in (home() / "gx").rglob("*") if path.is_file())
    assert "W01" in kept
    assert warehouse.dsn("lt_publisher").split("@")[0] not in kept
