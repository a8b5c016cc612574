"""What a rulebook says of the origin of its records: the key `lineage:`."""

from typing import Annotated

from pydantic import Field, field_validator

from expectations.rule_parts import SourceTable, Strict, Text, is_one_expression

SeedName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Lineage(Strict):
    """By which raw rows and seeds a record is made.

    `raw` gives, by source table, the SQL condition that finds its rows: over `source`, a row of the raw table, and
    `record`, the record as a row of the dataset's relation, of which only the key is certain to be there. `seeds` are
    reference files of the project. The keys of tables in `hidden` are as good as names of persons and are not shown.
    """

    raw: dict[SourceTable, Text] = Field(default_factory=dict)
    seeds: tuple[SeedName, ...] = ()
    hidden: tuple[SourceTable, ...] = ()

    @field_validator("raw")
    @classmethod
    def _are_expressions(cls, value: dict[str, str]) -> dict[str, str]:
        if wrong := sorted(table for table, condition in value.items() if not is_one_expression(condition)):
            raise ValueError(f"a condition is one SQL expression, without ';' and comments: {wrong}")
        return value
