"""Expectation types of our own that look at a whole release, each one scalar query that answers 0 when all is well.

They are written in rulebooks like those of Great Expectations. A typical value is a geometric mean: one pass without
sorting, and a value read in another unit (mg/L as µg/L) moves it by the factor between the units.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, LiteralString

from psycopg import sql

if TYPE_CHECKING:
    from expectations.rules import Rulebook

Arguments = Mapping[str, Any]

_FRESH = """(
    select count(*) from release.dataset_release as d
    where d.dataset = {dataset} and d.release_id = {release_id} and d.source_as_of < now() - d.max_age
)"""
# Of what is new in this release against what was there: a whole history would drown the days that are wrong.
_STAY = """(
    select count(*) from (
        select
            avg(ln({column}::float8)) filter (where v.from_release = {release_id}) as new_mean,
            avg(ln({column}::float8)) filter (where v.from_release < {release_id}) as old_mean
        from {table} as v
        where v.from_release <= {release_id} and v.to_release > {release_id} and not v.is_held and {column} > 0
        {group_by}
        having
            count(*) filter (where v.from_release = {release_id}) >= {min_rows}
            and count(*) filter (where v.from_release < {release_id}) >= {min_rows}
    ) as g where abs(g.new_mean - g.old_mean) > ln({max_ratio}::float8)
)"""
_NEAR = """(
    select count(*) from (
        select avg(ln({column}::float8) - ln({near}::float8)) as distance
        from {table} as v
        where
            v.from_release <= {release_id} and v.to_release > {release_id} and not v.is_held
            and {column} > 0 and {near} > 0
        {group_by}
        having count(*) >= {min_rows}
    ) as g where abs(g.distance) > ln({max_ratio}::float8)
)"""

# A file of a station is told by the hour that it arrived in: the hour of its lines and how much later they came. What
# counts is its last hour. Of the recent days, or a file would be told of for ever.
_ENDS = """(
    select count(*) from (
        select min(r.{behind}) as behind
        from {relation} as r
        where r.source_system = {system} and r.{time} > now() - make_interval(days => {days})
        group by {group_by}, r.{time} + r.{behind} * interval '1 hour'
    ) as f where f.behind > {max_hours}
)"""
# Counted with the balance of the source when the dataset was staged.
_PLACED = """(
    select coalesce(sum(c.out_of_scope), 0) from release.conservation as c
    where c.release_id = {release_id} and c.dataset = {dataset} and c.source = {source}
)"""


def release_query(kind: str, arguments: Arguments, rulebook: "Rulebook", release_id: int) -> str:
    """The query of one of `RELEASE_TYPES` for a dataset and a staged release."""
    return RELEASE_TYPES[kind][2](arguments, rulebook, release_id)


def release_arguments(kind: str, arguments: Arguments) -> None:
    """Raises `ValueError` when arguments are missing or unknown."""
    required, optional, _ = RELEASE_TYPES[kind]
    if missing := set(required) - set(arguments):
        raise ValueError(f"{kind} needs {sorted(missing)}")
    if unknown := set(arguments) - set(required) - set(optional):
        raise ValueError(f"{kind} does not take {sorted(unknown)} here")


def _fresh(_: Arguments, rulebook: "Rulebook", release_id: int) -> str:
    return _format(_FRESH, dataset=sql.Literal(rulebook.dataset.name), release_id=sql.Literal(release_id))


def _stay(a: Arguments, rulebook: "Rulebook", release_id: int) -> str:
    return _format(_STAY, **_typical(a, rulebook, release_id))


def _near(a: Arguments, rulebook: "Rulebook", release_id: int) -> str:
    return _format(_NEAR, near=sql.Identifier("v", a["near"]), **_typical(a, rulebook, release_id))


def _ends(a: Arguments, rulebook: "Rulebook", _: int) -> str:
    return _format(
        _ENDS,
        relation=sql.Identifier(*rulebook.dataset.relation.split(".")),
        time=sql.Identifier(a["time"]),
        behind=sql.Identifier(a["behind"]),
        group_by=sql.SQL(", ").join(sql.Identifier("r", column) for column in a["group_by"]),
        system=sql.Literal(a["source_system"]),
        max_hours=sql.Literal(a["max_hours"]),
        days=sql.Literal(a["days"]),
    )


def _placed(a: Arguments, rulebook: "Rulebook", release_id: int) -> str:
    name = sql.Literal(rulebook.dataset.name)
    return _format(_PLACED, dataset=name, source=sql.Literal(a["source"]), release_id=sql.Literal(release_id))


def _typical(a: Arguments, rulebook: "Rulebook", release_id: int) -> dict[str, sql.Composable]:
    groups = sql.SQL(", ").join(sql.Identifier("v", column) for column in a.get("group_by", ()))
    return {
        "column": sql.Identifier("v", a["column"]),
        "table": sql.Identifier("release", rulebook.dataset.name),
        "release_id": sql.Literal(release_id),
        "group_by": sql.SQL("group by {}").format(groups) if a.get("group_by") else sql.SQL(""),
        "min_rows": sql.Literal(a["min_rows"]),
        "max_ratio": sql.Literal(a["max_ratio"]),
    }


def _format(text: LiteralString, **parts: sql.Composable) -> str:
    return sql.SQL(text).format(**parts).as_string(None)


_TYPICAL = ("column", "max_ratio", "min_rows")

# Per type: required arguments, optional arguments, its query.
RELEASE_TYPES: dict[str, tuple[tuple[str, ...], tuple[str, ...], Callable[[Arguments, "Rulebook", int], str]]] = {
    "expect_files_to_end_near_their_name": (
        ("source_system", "time", "behind", "group_by", "max_hours", "days"),
        (),
        _ends,
    ),
    "expect_source_rows_to_be_placed": (("source",), (), _placed),
    "expect_sources_to_be_fresh": ((), (), _fresh),
    "expect_typical_value_to_stay": (_TYPICAL, ("group_by",), _stay),
    "expect_typical_value_near": ((*_TYPICAL, "near"), ("group_by",), _near),
}
