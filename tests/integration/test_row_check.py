"""The row check: every failing key with all its rules, strictly, and since when."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.errors import ContractInvalid, ReleaseConflict
from connectors.warehouse import releases
from connectors.warehouse.lease import drop_lease
from connectors.warehouse.releases import Release
from expectations.row_check import check_rows
from tests.conftest import Warehouse
from tests.integration.gate_warehouse import RELATION, Wells, rule


@pytest.fixture
def wells(warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wells]:
    """A warehouse with the relation of wells and a project folder of its own."""
    monkeypatch.setenv("LIENTHONG_PROJECT", str(tmp_path))
    with warehouse.connect("lt_builder") as builder, warehouse.connect("owner") as owner:
        builder.execute(RELATION)
        yield Wells(builder, owner, tmp_path)
        drop_lease()


def test_row_check_writes_every_failing_key_with_all_its_rules(wells: Wells) -> None:
    book = wells.write_rules(rule("W02", "kind = 'dug'"), rule("W01", "depth_m < 50"), rule("W03", "depth_m < 20"))
    wells.put("a", 10, "dug")
    wells.put("b", 30, "dug")
    wells.put("c", 70, "drilled")
    release, counts = wells.check(book)
    assert wells.outcomes(release) == {"b": ("held", ["W03"]), "c": ("held", ["W01", "W02", "W03"])}
    assert (counts.rows, counts.held, counts.warned, counts.out_of_scope) == (3, 2, 0, 0)


def test_row_check_counts_null_as_a_failure(wells: Wells) -> None:
    book = wells.write_rules(rule("W01", "depth_m > 0"), rule("W02", "kind is null or kind <> 'x'"))
    wells.put("unknown", None, None)
    release, _ = wells.check(book)
    assert wells.outcomes(release) == {"unknown": ("held", ["W01"])}


def test_row_check_ranks_held_over_scope_over_warned(wells: Wells) -> None:
    book = wells.write_rules(
        rule("W01", "depth_m < 50"),
        rule("W02", "kind = 'dug'", severity="scope"),
        rule("W03", "false", severity="warn"),
    )
    wells.put("held", 60, "spring")
    wells.put("spring", 10, "spring")
    wells.put("dug", 10, "dug")
    release, counts = wells.check(book)
    found = {key: outcome for key, (outcome, _) in wells.outcomes(release).items()}
    assert found == {"held": "held", "spring": "out_of_scope", "dug": "warned"}
    assert (counts.held, counts.out_of_scope, counts.warned) == (1, 1, 1)


def test_failing_rows_are_noted_with_what_they_concern(wells: Wells) -> None:
    book = wells.write_rules(
        rule("W01", "depth_m < 50"),
        rule("W02", "depth_m < 5", severity="warn"),
        concerns="array['kind:' || kind, null]",
    )
    wells.put("held", 60, "spring")
    wells.put("nameless", 60, None)
    wells.put("warned", 10, "spring")
    release, _ = wells.check(book)
    query = "select record_key, concerns from quality.row_outcome where release_id = %s"
    found = dict(wells.owner.execute(query, (release.release_id,)).fetchall())
    assert found == {"held": ["kind:spring"], "nameless": [], "warned": ["kind:spring"]}


def test_a_failing_row_bears_what_the_rules_it_failed_suggest(wells: Wells) -> None:
    book = wells.write_rules(
        rule("W01", "depth_m < 50", columns=["depth_m", "kind"], suggests=["depth_m", "kind"]),
        rule("W02", "kind <> 'dug'", severity="warn", suggests=["well_key"]),
    )
    wells.put("held", 60, "dug")
    wells.put("nameless", 60, None)
    wells.put("good", 10, "spring")
    wells.put("warned", 10, "dug")
    release, _ = wells.check(book)
    query = "select record_key, suggestion from quality.row_outcome where release_id = %s"
    found = dict(wells.owner.execute(query, (release.release_id,)).fetchall())
    suggested = {"depth_m": 60, "kind": "dug", "well_key": "held"}
    assert found == {
        "held": suggested,
        "nameless": {"depth_m": 60, "well_key": "nameless"},
        "warned": {"well_key": "warned"},
    }


def test_concerns_that_cannot_be_told_stop_the_check(wells: Wells) -> None:
    book = wells.write_rules(rule("W01", "depth_m < 50"), concerns="array[no_such_column]")
    wells.put("held", 60)
    with pytest.raises(ContractInvalid, match="concerns in"):
        wells.check(book)


ROW_LEVEL = [
    ("expect_column_values_to_not_be_null", {"column": "depth_m"}, "null"),
    ("expect_column_values_to_be_in_set", {"column": "kind", "value_set": ["dug", "it's"]}, "drilled null"),
    ("expect_column_values_to_not_be_in_set", {"column": "kind", "value_set": ["drilled"]}, "drilled null"),
    ("expect_column_values_to_match_regex", {"column": "kind", "regex": "^(?:d|i)[^r%]"}, "drilled null"),
    ("expect_column_values_to_not_match_regex", {"column": "kind", "regex": "rill"}, "drilled null"),
    ("expect_column_values_to_be_between", {"column": "depth_m", "min_value": 1, "max_value": 49.5}, "deep null"),
    (
        "expect_column_values_to_be_between",
        {"column": "depth_m", "min_value": 10, "strict_min": True},
        "drilled dug null",
    ),
    ("expect_column_value_lengths_to_be_between", {"column": "kind", "max_value": 4}, "drilled null"),
    (
        "expect_column_pair_values_a_to_be_greater_than_b",
        {"column_A": "depth_limit_m", "column_B": "depth_m"},
        "deep null",
    ),
    ("expect_column_pair_values_to_be_equal", {"column_A": "well_key", "column_B": "permit_no"}, "deep"),
    ("expect_column_values_to_be_unique", {"column": "depth_m"}, "drilled dug"),
    ("expect_compound_columns_to_be_unique", {"column_list": ["depth_m", "depth_limit_m"]}, "drilled dug"),
]


@pytest.mark.parametrize(("kind", "arguments", "bad"), ROW_LEVEL, ids=[f"{row[0][7:]}-{row[2]}" for row in ROW_LEVEL])
def test_row_level_expectation_types_hold_what_they_should(wells: Wells, kind: str, arguments: dict, bad: str) -> None:
    book = wells.write_rules(rule("W01", expectation={"type": kind, **arguments}))
    wells.put("dug", 10, "dug")
    wells.put("drilled", 10, "drilled")
    wells.put("deep", 500, "it's", permit_no="other")
    wells.put("null", None, None)
    release, _ = wells.check(book)
    assert sorted(wells.outcomes(release)) == sorted(bad.split())


def test_allow_null_passes_nulls_of_an_expectation(wells: Wells) -> None:
    expectation = {"type": "expect_column_values_to_be_between", "column": "depth_m", "max_value": 5}
    book = wells.write_rules(rule("W01", expectation=expectation, allow_null=True))
    wells.put("null", None)
    wells.put("deep", 6)
    release, _ = wells.check(book)
    assert sorted(wells.outcomes(release)) == ["deep"]


def test_since_when_is_carried_while_the_outcome_lasts(wells: Wells) -> None:
    book = wells.write_rules(rule("W01", "depth_m < 50"), rule("W02", "depth_m <> 55", severity="warn"))
    wells.put("ok")
    wells.put("bad", 60)
    first = wells.publish(book)
    abandoned, _ = wells.check(book)
    releases.abandon(abandoned, reason="test")
    second, _ = wells.check(book)
    assert _since(wells, second) == _since(wells, first)
    releases.stage(second, book.dataset)
    releases.publish(second)

    wells.put("bad", 10)
    wells.publish(book)
    wells.put("bad", 60)
    again, _ = wells.check(book)
    assert _since(wells, again) > _since(wells, first)


def test_custodian_is_the_agency_of_the_rule_that_decides(wells: Wells) -> None:
    book = wells.write_rules(
        rule("W01", "depth_m < 50", severity="warn", agency="Phòng cảnh báo"),
        rule("W02", "depth_m < 60", agency="Chi cục Thủy lợi"),
        rule("W03", "kind <> 'x'"),
    )
    wells.put("two", 70)
    wells.put("owner", 1, "x")
    release, _ = wells.check(book)
    rows = wells.owner.execute(
        "select record_key, custodian from quality.row_outcome where release_id = %s", (release.release_id,)
    )
    assert dict(rows.fetchall()) == {"two": "Chi cục Thủy lợi", "owner": "Sở Nông nghiệp và Môi trường"}


def test_row_check_may_be_repeated(wells: Wells) -> None:
    book = wells.write_rules(rule("W01", "depth_m < 50"))
    wells.put("bad", 60)
    release, _ = wells.check(book)
    wells.put("worse", 70)
    wells.check(book, release)
    assert sorted(wells.outcomes(release)) == ["bad", "worse"]


def test_row_check_needs_the_open_release(wells: Wells) -> None:
    book = wells.write_rules(rule("W01", "depth_m < 50"))
    release, _ = wells.check(book)
    with pytest.raises(ReleaseConflict):
        check_rows(book, Release(release.release_id, "00000000-0000-0000-0000-000000000000"))
    releases.abandon(release, reason="test")
    with pytest.raises(ReleaseConflict):
        check_rows(book, release)


@pytest.mark.parametrize(
    ("broken", "named"),
    [
        (rule("W02", "dpth_m < 50"), "W02"),
        (rule("W02", "1 / (depth_m - 10) > 0"), "W02"),
        (rule("W02", "kind::integer > 0"), "W02"),
        (rule("W02", "depth_m < 50", columns=["dpth_m"]), "dpth_m (in W02)"),
    ],
    ids=["unknown column", "division by zero", "cast", "unknown column in columns"],
)
def test_a_rule_that_cannot_be_evaluated_is_named_and_nothing_is_written(
    wells: Wells, broken: dict, named: str
) -> None:
    book = wells.write_rules(rule("W01", "depth_m < 5"), broken)
    wells.put("a", 10, "Nguyễn Văn A")
    release = releases.open_release({})
    with pytest.raises(ContractInvalid) as raised:
        check_rows(book, release)
    assert named in raised.value.found
    assert "W01" not in raised.value.found
    assert "Nguyễn" not in str(raised.value)
    assert wells.outcomes(release) == {}


def test_rules_are_declared_in_the_catalogue_and_their_change_in_the_ledger(wells: Wells) -> None:
    wells.put("a")
    for predicate in ("depth_m < 50", "depth_m < 50", "depth_m < 60"):
        release, _ = wells.check(wells.write_rules(rule("W01", predicate)))
        releases.abandon(release, reason="test")
    (definition,) = wells.owner.execute("select definition from quality.rule where rule_id = 'W01'").fetchone()
    assert definition == {"predicate": "depth_m < 60", "allow_null": False}
    (entries,) = wells.owner.execute("select count(*) from audit.ledger where kind = 'rules'").fetchone()
    assert entries == 2


def _since(wells: Wells, release: Release) -> object:
    (since,) = wells.owner.execute(
        "select first_seen_at from quality.row_outcome where record_key = 'bad' and release_id = %s",
        (release.release_id,),
    ).fetchone()
    return since
