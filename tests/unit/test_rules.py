"""Rulebooks: what the loader refuses, and how it says so."""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import ContractInvalid
from expectations.row_predicates import ROW_TYPES, literal
from expectations.row_sql import facts_used, failed_ids_sql, rule_predicate
from expectations.rules import Rulebook, load_rulebook, load_rulebooks, read_rulebook

RULE: dict[str, Any] = {
    "id": "W01",
    "severity": "hold",
    "predicate": "depth_m > 0",
    "columns": ["depth_m"],
    "legal_basis": "Luật Tài nguyên nước",
    "message": {"vi": "Độ sâu không dương.", "en": "The depth is not positive."},
}
BOOK: dict[str, Any] = {
    "dataset": "well",
    "title": {"vi": "Giếng", "en": "Wells"},
    "relation": "warehouse.well",
    "key": ["well_key"],
    "owner": "Sở Nông nghiệp và Môi trường",
    "sources": ["well_register.well"],
    "rules": [RULE],
}
TYPICAL: dict[str, Any] = {"column": "a", "max_ratio": 2, "min_rows": 9}


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The empty rules folder of a project of its own."""
    monkeypatch.setenv("LIENTHONG_PROJECT", str(tmp_path))
    folder = tmp_path / "expectations" / "rules"
    folder.mkdir(parents=True)
    return folder


def write(folder: Path, name: str = "well", **changes: Any) -> Path:
    path = folder / f"{name}.yml"
    path.write_text(yaml.safe_dump(BOOK | changes, allow_unicode=True), encoding="utf-8")
    return path


def book_with(folder: Path, **rule: Any) -> Rulebook:
    return read_rulebook(write(folder, rules=[{k: v for k, v in (RULE | rule).items() if v is not None}]))


def test_rulebook_becomes_a_dataset_with_guards_and_rules(rules: Path) -> None:
    write(rules, facts=["depth_limit_m"], guards={"max_held_share": 0.2})
    book = load_rulebook("well")
    assert (book.dataset.name, book.dataset.key, book.dataset.facts) == ("well", ("well_key",), ("depth_limit_m",))
    assert (book.dataset.max_held_share, book.guards.max_shrink, book.guards.min_rows) == (0.2, 0.10, 1)
    assert book.agency_of(book.rules[0]) == "Sở Nông nghiệp và Môi trường"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"titel": "x"}, "titel: unknown key"),
        ({"owner": ""}, "owner"),
        ({"relation": "well"}, "relation"),
        ({"relation": "shared.well"}, "relation"),
        ({"key": []}, "key"),
        ({"key": ["well_key; drop table x"]}, "key.0"),
        ({"dataset": "wells"}, "dataset: wells"),
        ({"facts": ["well_key"]}, "key columns cannot be facts"),
        ({"partition_by": {"column": "drilled_at", "every": "month"}}, "partition_by needs a key column"),
        ({"partition_by": {"column": "well_key", "every": "day"}}, "partition_by.every"),
        ({"guards": {"max_held_share": 5}}, "guards.max_held_share"),
        ({"guards": {"max_helt_share": 0.5}}, "guards.max_helt_share: unknown key"),
        ({"rules": [RULE, RULE]}, "rule id W01 is used twice"),
        ({"retired": ["W01"]}, "W01 is used twice or was retired"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_header_that_is_wrong_is_refused(rules: Path, changes: dict[str, Any], said: str) -> None:
    path = write(rules, **changes)
    with pytest.raises(ContractInvalid, match=re.escape(said)) as raised:
        read_rulebook(path)
    assert str(path) in raised.value.where


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"id": "L3"}, "rules.0.id"),
        ({"id": "G01"}, "guards"),
        ({"severity": "error"}, "severity"),
        ({"message": {"vi": "x"}}, "message.en: missing"),
        ({"message": None}, "message: missing"),
        ({"columns": []}, "columns"),
        ({"legal_basis": None}, "legal_basis: missing"),
        ({"predicate": None}, "either predicate or expectation"),
        ({"expectation": {"type": "expect_column_values_to_not_be_null", "column": "a"}}, "only one of them"),
        ({"predicate": "true; drop table x"}, "no ';'"),
        ({"predicate": "true -- x"}, "no comments"),
        ({"predicate": "count(*) over (partition by a) = 1"}, "sees one row"),
        ({"predicate": "a in (select a from warehouse.b)"}, "sees one row"),
        ({"predicate": "MAX(a) > 1"}, "sees one row"),
        ({"allow_null": True}, "allow_null"),
        ({"agency": ""}, "agency"),
        ({"sevrity": "hold"}, "sevrity: unknown key"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_rule_that_is_wrong_is_refused(rules: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ContractInvalid, match=re.escape(said)):
        book_with(rules, **changes)


@pytest.mark.parametrize(
    ("expectation", "said"),
    [
        ({"type": "expect_column_values_to_be_in_set", "column": "a"}, "needs ['value_set']"),
        ({"type": "expect_column_values_to_be_in_set", "column": "a", "value_set": [1], "mostly": 0.9}, "['mostly']"),
        ({"type": "expect_typical_value_to_stay", **TYPICAL}, "what is of late"),
        ({"type": "expect_typical_value_to_stay", **TYPICAL, "releases": 9, "time": "a"}, "what is of late"),
        ({"type": "expect_typical_value_to_stay", **TYPICAL, "time": "a", "hours": 9, "days": 9}, "with group_by"),
        ({"type": "expect_column_values_to_be_between", "column": "a"}, "min_value or max_value"),
        ({"type": "expect_table_row_count_to_equal", "value": 1}, "judges the whole dataset"),
        ({"type": "not_be_null", "column": "a"}, "type"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_expectation_that_is_wrong_is_refused(rules: Path, expectation: dict[str, Any], said: str) -> None:
    with pytest.raises(ContractInvalid, match=re.escape(said)):
        book_with(rules, predicate=None, expectation=expectation)


def test_words_inside_a_text_are_not_taken_for_sql(rules: Path) -> None:
    book = book_with(rules, predicate="kind <> 'select -- count(x); it''s over (x)'")
    assert rule_predicate(book.rules[0]) == "(kind <> 'select -- count(x); it''s over (x)')"


def test_a_key_written_twice_is_refused(rules: Path) -> None:
    path = write(rules)
    path.write_text(path.read_text(encoding="utf-8") + "\nowner: other\n", encoding="utf-8")
    with pytest.raises(ContractInvalid, match="repeated key"):
        read_rulebook(path)


def test_a_rule_id_is_not_shared_between_datasets(rules: Path) -> None:
    write(rules)
    write(rules, "spring", dataset="spring", relation="warehouse.spring", retired=["S07"], rules=[])
    assert sorted(load_rulebooks()) == ["spring", "well"]
    write(rules, "spring", dataset="spring", relation="warehouse.spring", retired=["W01"], rules=[])
    with pytest.raises(ContractInvalid, match="W01, which spring"):
        load_rulebooks()


def test_missing_and_unreadable_files_are_named(rules: Path) -> None:
    with pytest.raises(ContractInvalid, match="none"):
        load_rulebook("nowhere")
    (rules / "well.yml").write_bytes(b"\xff\xfe")
    with pytest.raises(ContractInvalid, match="UTF-8"):
        load_rulebook("well")
    (rules / "well.yml").write_text("a: [", encoding="utf-8")
    with pytest.raises(ContractInvalid, match="YAML"):
        load_rulebook("well")


def test_failing_ids_are_listed_in_id_order(rules: Path) -> None:
    path = write(rules, rules=[RULE | {"id": "W02"}, RULE])
    text = failed_ids_sql(read_rulebook(path).row_rules)
    assert text.index("'W01'") < text.index("'W02'")


def test_only_facts_that_a_rule_looks_at_are_joined(rules: Path) -> None:
    path = write(rules, facts=["depth_limit_m", "depth_limit"], rules=[RULE | {"predicate": "depth_m < depth_limit_m"}])
    assert facts_used(read_rulebook(path)) == ("depth_limit_m",)


@given(st.text())
def test_literal_cannot_leave_its_quotes(text: str) -> None:
    quoted = literal(text)
    assert quoted[0] == quoted[-1] == "'"
    assert quoted[1:-1].replace("''", "").count("'") == 0
    assert quoted[1:-1].replace("''", "'") == text


@pytest.mark.parametrize("kind", sorted(ROW_TYPES))
def test_row_level_types_exist_in_the_library(kind: str) -> None:
    spec = find_spec("great_expectations")
    assert spec is not None
    core = Path((spec.submodule_search_locations or [""])[0])
    assert (core / "expectations" / "core" / f"{kind}.py").exists()


def test_every_rulebook_of_the_project_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIENTHONG_PROJECT", raising=False)
    for book in load_rulebooks().values():
        assert book.rules, book.path
        assert book.dataset.relation.split(".")[0] in {"staging", "intermediate", "warehouse"}
