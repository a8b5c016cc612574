"""Expectation types of our own that look at a whole release, each one scalar query that answers 0 when all is well.

They are written in rulebooks like those of Great Expectations. A typical value is a geometric mean: one pass without
sorting, and a value read in another unit (mg/L as µg/L) moves it by the factor between the units.
"""

from collections.abc import Callable, Mapping
from typing import Any, LiteralString

from psycopg import sql

from connectors.warehouse.datasets import Dataset

Arguments = Mapping[str, Any]

_FRESH = """(
    select count(*) from release.dataset_release as d
    where d.dataset = {dataset} and d.release_id = {release_id} and d.source_as_of < now() - d.max_age
)"""
# Of what is new against what was there: a whole history would drown the days that are wrong. New is what came with this
# release, if that is enough to be judged, and what came of late, however little each release brought of it.
_STAY = """(
    select count(*) from {groups_of_means} as g
    where
        (least(new_rows, old_rows) >= {min_rows} and abs(new_mean - old_mean) > ln({max_ratio}::float8))
        or (least(late_rows, early_rows) >= {min_rows} and abs(late_mean - early_mean) > ln({max_ratio}::float8))
)"""
_MEANS = """
        select
            avg(ln({column}::float8)) filter (where v.from_release = {release_id}) as new_mean,
            avg(ln({column}::float8)) filter (where v.from_release < {release_id}) as old_mean,
            count(*) filter (where v.from_release = {release_id}) as new_rows,
            count(*) filter (where v.from_release < {release_id}) as old_rows,
            avg(ln({column}::float8)) filter (where {is_late}) as late_mean,
            avg(ln({column}::float8)) filter (where not {is_late}) as early_mean,
            count(*) filter (where {is_late}) as late_rows,
            count(*) filter (where not {is_late}) as early_rows
        from {table} as v
        where v.from_release <= {release_id} and v.to_release > {release_id} and not v.is_held and {column} > 0"""
# Of late by the release. What the first release brought was there before, all of it.
_BY_RELEASE = "({means} {group_by})"
_LATE_RELEASES = """v.from_release > greatest({release_id} - {releases}, (
                select min(d.release_id) from release.dataset_release as d join release.release as r using (release_id)
                where d.dataset = {dataset} and d.release_id < {release_id} and r.status = 'published'
            ))"""
# Of late by the time of the event: the hours before the newest time that this release brings to a group. Groups that it
# brings nothing to were judged before; of the others some days before its oldest time are read, by their key.
_BY_TIME = """(
        select {groups}, min({time}) as oldest, max({time}) as newest
        from {table} as v
        where v.from_release = {release_id} and v.to_release > {release_id} and not v.is_held and {column} > 0
        group by {groups}
    ) as n cross join lateral ({means}
            and ({groups}) = ({newest_groups})
            and {time} <= n.newest and {time} > n.oldest - make_interval(days => {days})
    )"""
_LATE_HOURS = "{time} > n.newest - make_interval(hours => {hours})"
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


def release_query(kind: str, arguments: Arguments, dataset: Dataset, release_id: int) -> str:
    """The query of one of `RELEASE_TYPES` for a dataset and a staged release."""
    return RELEASE_TYPES[kind][2](arguments, dataset, release_id)


def release_arguments(kind: str, arguments: Arguments) -> None:
    """Raises `ValueError` when arguments are missing or unknown."""
    required, optional, _ = RELEASE_TYPES[kind]
    if missing := set(required) - set(arguments):
        raise ValueError(f"{kind} needs {sorted(missing)}")
    if unknown := set(arguments) - set(required) - set(optional):
        raise ValueError(f"{kind} does not take {sorted(unknown)} here")
    if kind == "expect_typical_value_to_stay":
        given = {name for name in _OF_LATE if name in arguments}
        if given != {"releases"} and (given != set(_OF_LATE) - {"releases"} or "group_by" not in arguments):
            raise ValueError(f"{kind} needs either time, hours and days, with group_by, or releases: what is of late")


def _fresh(_: Arguments, dataset: Dataset, release_id: int) -> str:
    return _format(_FRESH, dataset=sql.Literal(dataset.name), release_id=sql.Literal(release_id))


def _stay(a: Arguments, dataset: Dataset, release_id: int) -> str:
    parts = _typical(a, dataset, release_id)
    if "time" in a:
        late, groups_of_means = _LATE_HOURS, _BY_TIME
        parts["groups"] = sql.SQL(", ").join(sql.Identifier("v", column) for column in a["group_by"])
        parts["newest_groups"] = sql.SQL(", ").join(sql.Identifier("n", column) for column in a["group_by"])
        parts["time"] = sql.Identifier("v", a["time"])
        parts |= {name: sql.Literal(a[name]) for name in ("hours", "days")}
    else:
        late, groups_of_means = _LATE_RELEASES, _BY_RELEASE
        parts |= {"dataset": sql.Literal(dataset.name), "releases": sql.Literal(a["releases"])}
    parts["means"] = sql.SQL(_MEANS).format(is_late=sql.SQL(late).format(**parts), **parts)
    return _format(_STAY, groups_of_means=sql.SQL(groups_of_means).format(**parts), **parts)


def _near(a: Arguments, dataset: Dataset, release_id: int) -> str:
    return _format(_NEAR, near=sql.Identifier("v", a["near"]), **_typical(a, dataset, release_id))


def _ends(a: Arguments, dataset: Dataset, _: int) -> str:
    return _format(
        _ENDS,
        relation=sql.Identifier(*dataset.relation.split(".")),
        time=sql.Identifier(a["time"]),
        behind=sql.Identifier(a["behind"]),
        group_by=sql.SQL(", ").join(sql.Identifier("r", column) for column in a["group_by"]),
        system=sql.Literal(a["source_system"]),
        max_hours=sql.Literal(a["max_hours"]),
        days=sql.Literal(a["days"]),
    )


def _placed(a: Arguments, dataset: Dataset, release_id: int) -> str:
    name = sql.Literal(dataset.name)
    return _format(_PLACED, dataset=name, source=sql.Literal(a["source"]), release_id=sql.Literal(release_id))


def _typical(a: Arguments, dataset: Dataset, release_id: int) -> dict[str, sql.Composable]:
    groups = sql.SQL(", ").join(sql.Identifier("v", column) for column in a.get("group_by", ()))
    return {
        "column": sql.Identifier("v", a["column"]),
        "table": sql.Identifier("release", dataset.name),
        "release_id": sql.Literal(release_id),
        "group_by": sql.SQL("group by {}").format(groups) if a.get("group_by") else sql.SQL(""),
        "min_rows": sql.Literal(a["min_rows"]),
        "max_ratio": sql.Literal(a["max_ratio"]),
    }


def _format(text: LiteralString, **parts: sql.Composable) -> str:
    return sql.SQL(text).format(**parts).as_string(None)


_TYPICAL = ("column", "max_ratio", "min_rows")
_OF_LATE = ("time", "hours", "days", "releases")

# Per type: required arguments, optional arguments, its query.
RELEASE_TYPES: dict[str, tuple[tuple[str, ...], tuple[str, ...], Callable[[Arguments, Dataset, int], str]]] = {
    "expect_files_to_end_near_their_name": (
        ("source_system", "time", "behind", "group_by", "max_hours", "days"),
        (),
        _ends,
    ),
    "expect_source_rows_to_be_placed": (("source",), (), _placed),
    "expect_sources_to_be_fresh": ((), (), _fresh),
    "expect_typical_value_to_stay": (_TYPICAL, ("group_by", *_OF_LATE), _stay),
    "expect_typical_value_near": ((*_TYPICAL, "near"), ("group_by",), _near),
}
