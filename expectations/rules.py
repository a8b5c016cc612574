"""Rulebooks: one YAML file per published dataset (`rules/<dataset>.yml`), read into frozen models.

The file says what the dataset is (relation, key, owner, sources) and which rules its rows must keep. Not here: how a
rule becomes SQL (`row_predicates.py`), how it is checked (`row_check.py`, `gate.py`).
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import ConfigDict, Field, ValidationError, field_validator, model_validator

from connectors.errors import ContractInvalid
from connectors.settings import project_root
from connectors.warehouse.datasets import Dataset, PartitionBy
from expectations.lineage.declaration import Lineage
from expectations.release_queries import RELEASE_TYPES, release_arguments
from expectations.row_predicates import ROW_TYPES, predicate_sql
from expectations.rule_page import RulePage, rule_page
from expectations.rule_parts import (
    Bilingual,
    Expectation,
    Guards,
    Identifier,
    Partitioning,
    Reference,
    SourceRows,
    SourceTable,
    Strict,
    Text,
    bare_sql,
    is_one_expression,
)
from expectations.rule_yaml import UniqueKeys, sentences

__all__ = ["Bilingual", "Identifier", "Rule", "Rulebook", "Text", "load_rulebook", "load_rulebooks", "read_rulebook"]

RuleId = Annotated[str, Field(pattern=r"^[A-Z]{1,3}\d{2}$")]
Severity = Literal["hold", "block", "warn", "scope"]

_GUARD_ID = re.compile(r"^G\d\d$")
_OTHER_ROWS = re.compile(
    r"\bover\s*\(|\bselect\b|\b(count|sum|avg|min|max|array_agg|string_agg|bool_and|bool_or)\s*\(", re.IGNORECASE
)


class Rule(Strict):
    """One rule. Its id is permanent: never given to another rule, never changed in meaning.

    `predicate` is SQL over one row of the relation and must be TRUE: null is a failure. A row-level `expectation`
    treats null as a failure too, unless `allow_null` is set. `depends_on` names the record without which the row cannot
    be trusted. A rule has one of the three. `suggests` names columns with what a failing row
    should probably say instead; shown beside the held record (`held_concerns.py`), and never put in its place.
    """

    id: RuleId
    severity: Severity
    predicate: Text | None = None
    expectation: Expectation | None = None
    depends_on: Reference | None = None
    allow_null: bool = False
    columns: tuple[Identifier, ...] = Field(min_length=1)
    suggests: tuple[Identifier, ...] = ()
    agency: Text | None = None
    legal_basis: Text
    message: Bilingual

    @property
    def page(self) -> RulePage | None:
        """What the rule says to people, in four parts; None where no page was written."""
        return rule_page(self.id)

    @property
    def is_row_level(self) -> bool:
        """Whether the rule judges single rows by themselves; the rest look at the whole dataset, or at another."""
        return self.predicate is not None or (self.expectation is not None and self.expectation.type in ROW_TYPES)

    @field_validator("predicate")
    @classmethod
    def _is_one_row_sql(cls, value: str | None) -> str | None:
        if value is not None and not is_one_expression(value):
            raise ValueError("a predicate is one SQL expression: no ';' and no comments")
        if value is not None and _OTHER_ROWS.search(bare_sql(value)):
            raise ValueError(
                "a predicate sees one row: for uniqueness use expect_compound_columns_to_be_unique, "
                "for anything else about other rows compute a fact in dbt"
            )
        return value

    @model_validator(mode="after")
    def _has_one_definition(self) -> Self:
        if [self.predicate, self.expectation, self.depends_on].count(None) != 2:
            raise ValueError("give either predicate or expectation (or depends_on), and only one of them")
        if self.expectation is not None and self.is_row_level:
            predicate_sql(self.expectation.type, self.expectation.arguments)
        elif self.expectation is not None and self.expectation.type in RELEASE_TYPES:
            release_arguments(self.expectation.type, self.expectation.arguments)
        if self.expectation is not None and not self.is_row_level and self.severity not in ("block", "warn"):
            raise ValueError(
                f"{self.expectation.type} judges the whole dataset: its severity can only be block or warn"
            )
        if self.depends_on is not None and self.severity != "hold":
            raise ValueError("depends_on holds a row back: its severity can only be hold")
        if self.allow_null and self.expectation is None:
            raise ValueError("allow_null belongs to an expectation; a predicate says `x is null or …` itself")
        if _GUARD_ID.match(self.id):
            raise ValueError("ids G01 to G99 belong to the guards that every dataset has")
        return self


class RulebookFile(Strict):
    """The content of `rules/<dataset>.yml`.

    `sources` is empty for reference rows of our own (seeds): they have no age. `concerns` is SQL over one row, of type
    text[]: by which names a held row may also be asked for, and what it touches; never personal data. `rows_of` says
    which source tables are accounted for here, row by row; each table in one rulebook.
    """

    dataset: Identifier
    title: Bilingual
    relation: Annotated[str, Field(pattern=r"^(staging|intermediate|warehouse)\.[a-z][a-z0-9_]*$")]
    key: tuple[Identifier, ...] = Field(min_length=1)
    owner: Text
    sources: tuple[SourceTable, ...]
    rows_of: dict[SourceTable, SourceRows] = Field(default_factory=dict)
    lineage: Lineage = Lineage()
    facts: tuple[Identifier, ...] = ()
    concerns: Text | None = None
    personal: tuple[Identifier, ...] = ()
    guards: Guards = Guards()
    partition_by: Partitioning | None = None
    retired: tuple[RuleId, ...] = ()
    rules: tuple[Rule, ...]

    @field_validator("concerns")
    @classmethod
    def _is_one_expression(cls, value: str | None) -> str | None:
        if value is not None and not is_one_expression(value):
            raise ValueError("concerns is one SQL expression: no ';' and no comments")
        return value

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        seen: set[str] = set(self.retired)
        for rule in self.rules:
            if rule.id in seen:
                raise ValueError(f"rule id {rule.id} is used twice or was retired; an id is never reused")
            seen.add(rule.id)
        if unpublished := set(self.key) & set(self.facts):
            raise ValueError(f"key columns cannot be facts, facts are not published: {sorted(unpublished)}")
        if self.partition_by is not None and self.partition_by.column not in self.key:
            raise ValueError(f"partition_by needs a key column, or keys could repeat: not {self.partition_by.column}")
        return self


class Rulebook(Strict):
    """A dataset with its rules, and where they are written."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)
    path: Path
    dataset: Dataset
    concerns: str | None
    guards: Guards
    personal: tuple[str, ...]
    retired: tuple[str, ...]
    rules: tuple[Rule, ...]
    rows_of: dict[str, SourceRows]
    lineage: Lineage

    @property
    def row_rules(self) -> tuple[Rule, ...]:
        """The rules that judge single rows, sorted by id."""
        return tuple(sorted((rule for rule in self.rules if rule.is_row_level), key=lambda rule: rule.id))

    @property
    def table_rules(self) -> tuple[Rule, ...]:
        """The rules over the whole dataset, sorted by id."""
        return tuple(
            sorted(
                (rule for rule in self.rules if rule.expectation and not rule.is_row_level), key=lambda rule: rule.id
            )
        )

    @property
    def references(self) -> tuple[tuple[Rule, Reference], ...]:
        """The rules by which rows are held with the record they depend on, sorted by id."""
        found = [(rule, rule.depends_on) for rule in self.rules if rule.depends_on is not None]
        return tuple(sorted(found, key=lambda pair: pair[0].id))

    def agency_of(self, rule: Rule) -> str:
        """Who must correct what the rule finds: the rule's agency, else the owner of the dataset."""
        return rule.agency or self.dataset.owner


def rules_dir() -> Path:
    """The folder of the rulebooks."""
    return project_root() / "expectations" / "rules"


def load_rulebook(dataset: str) -> Rulebook:
    """The rulebook of one dataset; raises `ContractInvalid` naming file, place and what is wrong."""
    return read_rulebook(rules_dir() / f"{dataset}.yml")


def load_rulebooks() -> dict[str, Rulebook]:
    """All rulebooks by dataset name, in name order; a rule id used in two files is refused."""
    stamps = tuple((path, path.stat().st_mtime_ns) for path in sorted(rules_dir().glob("*.yml")))
    return dict(_read_all(stamps))


@lru_cache(maxsize=2)
def _read_all(stamps: tuple[tuple[Path, int], ...]) -> tuple[tuple[str, Rulebook], ...]:
    books = [read_rulebook(path) for path, _ in stamps]
    _refuse_shared_ids(books)
    return tuple((book.dataset.name, book) for book in books)


def read_rulebook(path: Path) -> Rulebook:
    """The rulebook in a file; raises `ContractInvalid` when it does not say what it must."""
    try:
        content = RulebookFile.model_validate(UniqueKeys(path.read_text(encoding="utf-8")).get_single_data())
    except FileNotFoundError as error:
        raise _invalid(path, "a file", "none", "Write it, or correct the name of the dataset.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise _invalid(path, "YAML in UTF-8", str(error).replace("\n", " ")) from error
    except ValidationError as error:
        raise _invalid(path, "a rulebook as described in expectations/rules.py", sentences(error)) from error
    if content.dataset != path.stem:
        raise _invalid(path, f"dataset: {path.stem}, as the file is called", f"dataset: {content.dataset}")
    return _rulebook(path, content)


def _rulebook(path: Path, content: RulebookFile) -> Rulebook:
    dataset = Dataset(
        name=content.dataset,
        title_vi=content.title.vi,
        title_en=content.title.en,
        relation=content.relation,
        key=content.key,
        facts=content.facts,
        sources=content.sources,
        owner=content.owner,
        max_held_share=content.guards.max_held_share,
        max_shrink=content.guards.max_shrink,
        partition_by=PartitionBy(**dict(content.partition_by)) if content.partition_by else None,
    )
    return Rulebook(
        path=path,
        dataset=dataset,
        concerns=content.concerns,
        guards=content.guards,
        personal=content.personal,
        retired=content.retired,
        rules=content.rules,
        rows_of=content.rows_of,
        lineage=content.lineage,
    )


def _refuse_shared_ids(books: Iterable[Rulebook]) -> None:
    owner: dict[str, Path] = {}
    for book in books:
        for rule_id in (*book.retired, *(rule.id for rule in book.rules)):
            if rule_id in owner:
                raise _invalid(
                    book.path,
                    "a rule id of its own",
                    f"{rule_id}, which {owner[rule_id].name} uses",
                    "Give the rule the next free number; an id is never reused.",
                )
            owner[rule_id] = book.path


def _invalid(path: Path, expected: str, found: str, next_step: str = "Correct the file.") -> ContractInvalid:
    return ContractInvalid(expected=expected, found=found, where=str(path), next_step=next_step)
