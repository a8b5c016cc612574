"""Rulebooks: one YAML file per published dataset (`rules/<dataset>.yml`), read into frozen models.

The file says what the dataset is (relation, key, owner, sources) and which rules its rows must keep. Not here: how a
rule becomes SQL (`row_predicates.py`), how it is checked (`row_check.py`, `gate.py`).
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from connectors.errors import ContractInvalid
from connectors.settings import project_root
from connectors.warehouse.datasets import Dataset
from expectations.row_predicates import ROW_TYPES, predicate_sql

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,47}$")]
RuleId = Annotated[str, Field(pattern=r"^[A-Z]{1,3}\d{2}$")]
Text = Annotated[str, Field(min_length=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Severity = Literal["hold", "block", "warn", "scope"]

_GUARD_ID = re.compile(r"^G\d\d$")
_OTHER_ROWS = re.compile(
    r"\bover\s*\(|\bselect\b|\b(count|sum|avg|min|max|array_agg|string_agg|bool_and|bool_or)\s*\(", re.IGNORECASE
)
_STRING = re.compile(r"'(?:[^']|'')*'")
_STATEMENT = re.compile(r";|--|/\*")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Bilingual(_Strict):
    """A text in Vietnamese and English."""

    vi: Text
    en: Text


class Guards(_Strict):
    """Ceilings that block a release: how much may be held, how far the dataset may shrink, how few rows it may have."""

    max_held_share: Share = 0.05
    max_shrink: Share = 0.10
    min_rows: Annotated[int, Field(ge=0)] = 1


class Expectation(BaseModel):
    """A Great Expectations type with its arguments, as written in the rulebook."""

    model_config = ConfigDict(extra="allow", frozen=True)
    type: Annotated[str, Field(pattern=r"^expect_[a-z0-9_]+$")]

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of the expectation, without its type."""
        return dict(self.model_extra or {})


class Rule(_Strict):
    """One rule. Its id is permanent: never given to another rule, never changed in meaning.

    `predicate` is SQL over one row of the relation and must be TRUE: null is a failure. A row-level `expectation`
    treats null as a failure too, unless `allow_null` is set.
    """

    id: RuleId
    severity: Severity
    predicate: Text | None = None
    expectation: Expectation | None = None
    allow_null: bool = False
    columns: tuple[Identifier, ...] = Field(min_length=1)
    agency: Text | None = None
    legal_basis: Text
    message: Bilingual

    @property
    def is_row_level(self) -> bool:
        """Whether the rule judges single rows; the rest are block rules over the whole dataset."""
        return self.predicate is not None or (self.expectation is not None and self.expectation.type in ROW_TYPES)

    @field_validator("predicate")
    @classmethod
    def _is_one_row_sql(cls, value: str | None) -> str | None:
        if value is not None and _STATEMENT.search(_STRING.sub("''", value)):
            raise ValueError("a predicate is one SQL expression: no ';' and no comments")
        if value is not None and _OTHER_ROWS.search(_STRING.sub("''", value)):
            raise ValueError(
                "a predicate sees one row: for uniqueness use expect_compound_columns_to_be_unique, "
                "for anything else about other rows compute a fact in dbt"
            )
        return value

    @model_validator(mode="after")
    def _has_one_definition(self) -> Self:
        if (self.predicate is None) == (self.expectation is None):
            raise ValueError("give either predicate or expectation, and only one of them")
        if self.expectation is not None and self.is_row_level:
            predicate_sql(self.expectation.type, self.expectation.arguments)
        if not self.is_row_level and self.severity not in ("block", "warn"):
            raise ValueError(
                f"{self.expectation.type if self.expectation else ''} judges the whole dataset: "
                "its severity can only be block or warn"
            )
        if self.allow_null and self.predicate is not None:
            raise ValueError("allow_null belongs to an expectation; a predicate says `x is null or …` itself")
        if _GUARD_ID.match(self.id):
            raise ValueError("ids G01 to G99 belong to the guards that every dataset has")
        return self


class RulebookFile(_Strict):
    """The content of `rules/<dataset>.yml`.

    `sources` is empty for reference rows of our own (seeds): they have no age. `concerns` is SQL over one row, of type
    text[]: by which names a held row may also be asked for, and what it touches; never personal data.
    """

    dataset: Identifier
    title: Bilingual
    relation: Annotated[str, Field(pattern=r"^(staging|intermediate|warehouse)\.[a-z][a-z0-9_]*$")]
    key: tuple[Identifier, ...] = Field(min_length=1)
    owner: Text
    sources: tuple[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")], ...]
    facts: tuple[Identifier, ...] = ()
    concerns: Text | None = None
    personal: tuple[Identifier, ...] = ()
    guards: Guards = Guards()
    retired: tuple[RuleId, ...] = ()
    rules: tuple[Rule, ...]

    @field_validator("concerns")
    @classmethod
    def _is_one_expression(cls, value: str | None) -> str | None:
        if value is not None and _STATEMENT.search(_STRING.sub("''", value)):
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
        return self


class Rulebook(_Strict):
    """A dataset with its rules, and where they are written."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)
    path: Path
    dataset: Dataset
    concerns: str | None
    guards: Guards
    personal: tuple[str, ...]
    retired: tuple[str, ...]
    rules: tuple[Rule, ...]

    @property
    def row_rules(self) -> tuple[Rule, ...]:
        """The rules that judge single rows, sorted by id."""
        return tuple(sorted((rule for rule in self.rules if rule.is_row_level), key=lambda rule: rule.id))

    @property
    def table_rules(self) -> tuple[Rule, ...]:
        """The rules over the whole dataset, sorted by id."""
        return tuple(sorted((rule for rule in self.rules if not rule.is_row_level), key=lambda rule: rule.id))

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
    books = [read_rulebook(path) for path in sorted(rules_dir().glob("*.yml"))]
    _refuse_shared_ids(books)
    return {book.dataset.name: book for book in books}


def read_rulebook(path: Path) -> Rulebook:
    """The rulebook in a file; raises `ContractInvalid` when it does not say what it must."""
    try:
        content = RulebookFile.model_validate(_UniqueKeys(path.read_text(encoding="utf-8")).get_single_data())
    except FileNotFoundError as error:
        raise _invalid(path, "a file", "none", "Write it, or correct the name of the dataset.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise _invalid(path, "YAML in UTF-8", str(error).replace("\n", " ")) from error
    except ValidationError as error:
        raise _invalid(path, "a rulebook as described in expectations/rules.py", _sentences(error)) from error
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
    )
    return Rulebook(
        path=path,
        dataset=dataset,
        concerns=content.concerns,
        guards=content.guards,
        personal=content.personal,
        retired=content.retired,
        rules=content.rules,
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


class _UniqueKeys(yaml.SafeLoader):
    """YAML in which a repeated key is an error: plain YAML keeps the last one in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        if repeated := {key for key in keys if keys.count(key) > 1}:
            raise yaml.constructor.ConstructorError(None, None, f"repeated key {sorted(repeated)}", node.start_mark)
        return super().construct_mapping(node, deep)


def _sentences(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(str(part) for part in item['loc']) or 'file'}: {_reworded(item['type'], item['msg'])}"
        for item in error.errors()
    )


def _reworded(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return "unknown key"
    return "missing" if kind == "missing" else message.removeprefix("Value error, ")


def _invalid(path: Path, expected: str, found: str, next_step: str = "Correct the file.") -> ContractInvalid:
    return ContractInvalid(expected=expected, found=found, where=str(path), next_step=next_step)
