"""Every rule has its page, and every source table is accounted for by one dataset."""

import re
from collections import Counter
from pathlib import Path

import pytest

from connectors.contracts import load_contract
from connectors.errors import ContractInvalid
from connectors.settings import project_root
from expectations.dependents import in_order
from expectations.guards import GUARDS
from expectations.row_sql import sees_other_rows
from expectations.rule_page import load_pages
from expectations.rules import load_rulebooks

BOOKS = load_rulebooks()
RULES = {rule.id: rule for book in BOOKS.values() for rule in book.rules}


def test_every_rule_and_guard_has_a_page_and_every_page_a_rule() -> None:
    assert len(RULES) >= 112
    assert set(load_pages()) == RULES.keys() | GUARDS.keys()


def test_every_rule_names_who_must_act_and_why() -> None:
    for book in BOOKS.values():
        for rule in book.rules:
            assert book.agency_of(rule) and rule.legal_basis and rule.message.vi != rule.message.en, rule.id


def test_pages_say_something_of_their_own_in_both_languages() -> None:
    shared = {"H01", "H02", "H08", "H09", "H10", "H06"}  # held with a parcel, a station, a facility: one page each
    pages = {rule_id: page for rule_id, page in load_pages().items() if rule_id not in shared}
    for part in ("shows", "why"):
        texts = Counter(getattr(page, part).en for page in pages.values())
        assert not [text for text, times in texts.items() if times > 1], part
    for rule_id, page in pages.items():
        for part in (page.shows, page.why, page.mend):
            assert len(part.vi) > 10 and len(part.en) > 10 and part.vi != part.en, rule_id


def test_vietnamese_texts_write_numbers_as_the_pages_do() -> None:
    """1.112,5 and never 1 112,5 or 1,112.5; every sentence is Vietnamese, with its marks."""
    texts = {(rule.id, "message"): rule.message.vi for rule in RULES.values()}
    for rule_id, page in load_pages().items():
        texts |= {(rule_id, part): getattr(page, part).vi for part in ("shows", "why", "mend")}
        texts[rule_id, "example"] = page.example.vi
    wrong = {place: text for place, text in texts.items() if re.search(r"\d \d{3}\b|\d,\d{3}\.\d", text)}
    assert wrong == {}
    plain = [place for place, text in texts.items() if place[1] != "example" and not re.search("[à-ỹ]", text.lower())]
    assert plain == []


def test_every_row_rule_has_damage_that_breaks_it() -> None:
    pages = load_pages()
    undamaged = [
        rule.id
        for rule in RULES.values()
        if rule.predicate is not None and not pages[rule.id].damage and not sees_other_rows(rule)
    ]
    assert undamaged == []


def test_a_page_without_a_part_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIENTHONG_PROJECT", str(tmp_path))
    folder = tmp_path / "expectations" / "rule_pages"
    folder.mkdir(parents=True)
    (folder / "a.yml").write_text("W01: {shows: {vi: x, en: x}, example: {vi: x, en: x}, why: {vi: x, en: x}}")
    with pytest.raises(ContractInvalid, match="mend"):
        load_pages()


def test_every_source_table_is_accounted_for_by_one_dataset() -> None:
    tables = {
        f"{path.stem}.{table.name}"
        for path in (project_root() / "connectors" / "sources").glob("*.yml")
        for table in load_contract(path.stem).tables
    }
    accounted = Counter(source for book in BOOKS.values() for source in book.rows_of)
    assert accounted == Counter(tables)


def test_references_name_datasets_and_their_keys_and_run_in_no_circle() -> None:
    in_order(BOOKS)
    for book in BOOKS.values():
        for rule, reference in book.references:
            assert len(BOOKS[reference.dataset].dataset.key) == len(reference.columns), rule.id


def test_every_source_of_a_dataset_is_watched_for_its_age() -> None:
    """By a rule of the dataset that accounts for it; a dataset made of others' sources is watched there."""
    fresh = {
        name
        for name, book in BOOKS.items()
        if any(rule.expectation and rule.expectation.type == "expect_sources_to_be_fresh" for rule in book.rules)
    }
    watched = {source for name in fresh for source in BOOKS[name].dataset.sources}
    assert {name for name, book in BOOKS.items() if book.rows_of} - fresh == set(), "accounts for a source of its own"
    unwatched = {name: set(book.dataset.sources) - watched for name, book in BOOKS.items()}
    assert {name: sources for name, sources in unwatched.items() if sources} == {}
