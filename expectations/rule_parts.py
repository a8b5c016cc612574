"""The small parts that rulebooks are written in: texts, guards, expectations, references, and rows of sources.

What a rule and a rulebook are stands in `rules.py`.
"""

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,47}$")]
SourceTable = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")]
Text = Annotated[str, Field(min_length=1)]
Share = Annotated[float, Field(ge=0, le=1)]

_STRING = re.compile(r"'(?:[^']|'')*'")
_STATEMENT = re.compile(r";|--|/\*")


def bare_sql(text: str) -> str:
    """SQL without what stands between quotes, so that words can be looked for."""
    return _STRING.sub("''", text)


def is_one_expression(text: str) -> bool:
    """Whether SQL text is a single expression: no second statement and no comment that would hide one."""
    return _STATEMENT.search(bare_sql(text)) is None


class Strict(BaseModel):
    """A part in which an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Bilingual(Strict):
    """A text in Vietnamese and English."""

    vi: Text
    en: Text


class Guards(Strict):
    """Ceilings that block a release: how much may be held, how few rows there may be, how far a dataset may change.

    `max_shrink` and `max_growth` are shares of the last release: of the dataset, and of every partition of its sources.
    A growth of 1 means twice as many rows.
    """

    max_held_share: Share = 0.05
    max_shrink: Share = 0.10
    max_growth: Annotated[float, Field(ge=0)] = 1.0
    min_rows: Annotated[int, Field(ge=0)] = 1


class Partitioning(Strict):
    """How the versions of a dataset are kept apart: by the month (of UTC) of one of its key columns."""

    column: Identifier
    every: Literal["month"]


class Expectation(BaseModel):
    """A Great Expectations type with its arguments, as written in the rulebook."""

    model_config = ConfigDict(extra="allow", frozen=True)
    type: Annotated[str, Field(pattern=r"^expect_[a-z0-9_]+$")]

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of the expectation, without its type."""
        return dict(self.model_extra or {})


class Reference(Strict):
    """The record that a row depends on: while that one is held, this row is held with it.

    `columns` of the row equal the key of the other dataset, in its order; a row with an empty column depends on
    nothing. With `must_exist` a row is also held when the other dataset has no such record at all. `when`, SQL over
    published columns of the row, is for rows that depend on another dataset by their kind: only where it is true.
    """

    dataset: Identifier
    columns: tuple[Identifier, ...] = Field(min_length=1)
    must_exist: bool = False
    when: Text | None = None


class SourceRows(Strict):
    """How the live rows of one source table become records of the dataset, for the balance of every release.

    `from` is what stands behind FROM, with the source rows as `s`; `key` gives the record key of a row, `partition`
    the partition it was loaded in, `fate` is 'superseded' or 'out_of_scope' for a row that no record carries, `count`
    how many source rows a row stands for, `remainder` a relation of rows out of scope (with change_no), counted if
    some are missing.
    With `is_record` every row makes one record and no record comes from elsewhere, so that one without a row is found.
    A partition that had rows and has none closes the gate, however few they were, unless it `may_vanish` or a person
    approved the delete (`lienthong approve`).
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    origin: Text = Field(alias="from")
    key: Text = "null"
    partition: Text = "'all'"
    fate: Text = "null"
    count: Text | None = None
    change_no: Text = "s.change_no"
    is_record: bool = False
    may_vanish: bool = False
    remainder: Annotated[str, Field(pattern=r"^[a-z_]+\.[a-z0-9_]+$")] | None = None

    @field_validator("origin", "key", "partition", "fate", "count", "change_no")
    @classmethod
    def _is_one_expression(cls, value: str | None) -> str | None:
        if value is not None and not is_one_expression(value):
            raise ValueError("one SQL expression: no ';' and no comments")
        return value

    @property
    def query(self) -> str:
        """The source rows as SELECT: partition, change_no, record_key, fate, n."""
        columns = (
            f"({self.partition})::text as partition",
            f"({self.change_no})::bigint as change_no",
            f"({self.key})::text as record_key",
            f"({self.fate})::text as fate",
            f"({self.count or 1})::bigint as n",
        )
        return " ".join(("select", ", ".join(columns), "from", self.origin))
