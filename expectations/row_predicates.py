"""Row-level Great Expectations types as SQL predicates, so that the row check and the gate judge alike.

A predicate is an SQL boolean over one row. Null counts as a failure unless the rule allows it. Uniqueness looks at
other rows and is therefore a window count; everything else sees one row.
"""

from collections.abc import Callable, Mapping
from typing import Any

Arguments = Mapping[str, Any]

UNIQUE_TYPES = frozenset({"expect_column_values_to_be_unique", "expect_compound_columns_to_be_unique"})


def predicate_sql(kind: str, arguments: Arguments, *, allow_null: bool = False) -> str:
    """The SQL predicate of a row-level expectation type; raises `ValueError` for wrong arguments."""
    row_arguments(kind, arguments)
    predicate = ROW_TYPES[kind][1](arguments)
    if allow_null and kind not in UNIQUE_TYPES:
        columns = [arguments[name] for name in ("column", "column_A", "column_B") if name in arguments]
        predicate = " or ".join([*(f"{quoted(column)} is null" for column in columns), f"({predicate})"])
    return predicate


def row_arguments(kind: str, arguments: Arguments) -> None:
    """Raises `ValueError` when arguments are missing or unknown; an ignored argument would be a rule not kept."""
    required, _, optional = ROW_TYPES[kind]
    if missing := set(required) - set(arguments):
        raise ValueError(f"{kind} needs {sorted(missing)}")
    if unknown := set(arguments) - set(required) - set(optional):
        raise ValueError(f"{kind} does not take {sorted(unknown)} here")


def quoted(column: str) -> str:
    """A column name as an SQL identifier."""
    return '"' + column.replace('"', '""') + '"'


def literal(value: Any) -> str:
    """A YAML value as an SQL literal; text stays untyped so that it takes the type of the column."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    return "'" + str(value).replace("'", "''") + "'"


def _not_null(a: Arguments) -> str:
    return f"{quoted(a['column'])} is not null"


def _in_set(a: Arguments) -> str:
    return f"{quoted(a['column'])} in ({', '.join(map(literal, a['value_set']))})"


def _not_in_set(a: Arguments) -> str:
    return f"{quoted(a['column'])} not in ({', '.join(map(literal, a['value_set']))})"


def _regex(a: Arguments) -> str:
    return f"{quoted(a['column'])} ~ {literal(a['regex'])}"


def _not_regex(a: Arguments) -> str:
    return f"{quoted(a['column'])} !~ {literal(a['regex'])}"


def _between(a: Arguments) -> str:
    return _range(quoted(a["column"]), a)


def _lengths(a: Arguments) -> str:
    return _range(f"length({quoted(a['column'])})", a)


def _range(operand: str, a: Arguments) -> str:
    low, high = a.get("min_value"), a.get("max_value")
    if low is None and high is None:
        raise ValueError("min_value or max_value is needed")
    bounds = [
        (low, ">" if a.get("strict_min") else ">="),
        (high, "<" if a.get("strict_max") else "<="),
    ]
    return " and ".join(f"{operand} {sign} {literal(bound)}" for bound, sign in bounds if bound is not None)


def _greater(a: Arguments) -> str:
    sign = ">=" if a.get("or_equal") else ">"
    return f"{quoted(a['column_A'])} {sign} {quoted(a['column_B'])}"


def _equal(a: Arguments) -> str:
    return f"{quoted(a['column_A'])} = {quoted(a['column_B'])}"


def _unique(a: Arguments) -> str:
    return _window([a["column"]], ignore_null="any_value_is_missing")


def _compound_unique(a: Arguments) -> str:
    return _window(a["column_list"], ignore_null=a.get("ignore_row_if", "all_values_are_missing"))


def _window(columns: list[str], *, ignore_null: str) -> str:
    joins = {"any_value_is_missing": " or ", "all_values_are_missing": " and ", "never": None}
    if ignore_null not in joins:
        raise ValueError(f"ignore_row_if must be one of {sorted(joins)}")
    names = [quoted(column) for column in columns]
    count = f"count(*) over (partition by {', '.join(names)}) = 1"
    glue = joins[ignore_null]
    return count if glue is None else f"({glue.join(f'{name} is null' for name in names)}) or {count}"


_RANGE = ("min_value", "max_value", "strict_min", "strict_max")

# Per type: required arguments, its SQL, optional arguments.
ROW_TYPES: dict[str, tuple[tuple[str, ...], Callable[[Arguments], str], tuple[str, ...]]] = {
    "expect_column_values_to_not_be_null": (("column",), _not_null, ()),
    "expect_column_values_to_be_in_set": (("column", "value_set"), _in_set, ()),
    "expect_column_values_to_not_be_in_set": (("column", "value_set"), _not_in_set, ()),
    "expect_column_values_to_match_regex": (("column", "regex"), _regex, ()),
    "expect_column_values_to_not_match_regex": (("column", "regex"), _not_regex, ()),
    "expect_column_values_to_be_between": (("column",), _between, _RANGE),
    "expect_column_value_lengths_to_be_between": (("column",), _lengths, _RANGE),
    "expect_column_pair_values_a_to_be_greater_than_b": (("column_A", "column_B"), _greater, ("or_equal",)),
    "expect_column_pair_values_to_be_equal": (("column_A", "column_B"), _equal, ()),
    "expect_column_values_to_be_unique": (("column",), _unique, ()),
    "expect_compound_columns_to_be_unique": (("column_list",), _compound_unique, ("ignore_row_if",)),
}
