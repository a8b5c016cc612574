"""What a staged release changes against the published one: per dataset, counts of rows and of columns, never values."""

from dataclasses import dataclass

import psycopg
from psycopg import sql

from connectors.warehouse.release_tables import RELEASE_COLUMNS, Column, read_columns

# A record that is held from now on, or no longer, changed as well.
_HIDDEN = {*RELEASE_COLUMNS} - {"is_held"}
_DATASETS = """
select s.dataset, d.title_vi, d.title_en, d.key_columns, s.row_count, s.added, s.changed, s.closed
from release.dataset_release as s inner join release.dataset as d on s.dataset = d.dataset
where s.release_id = %s order by s.dataset
"""
_HELD = """
with held as (
    select dataset, record_key, release_id = %(staged)s as would_be from quality.row_outcome
    where outcome = 'held' and release_id in (%(base)s, %(staged)s)
),
single as (
    select dataset, bool_and(would_be) as would_be from held group by dataset, record_key having count(*) = 1
)
select dataset, count(*) filter (where would_be), count(*) filter (where not would_be) from single group by dataset
"""
# Versions that only one of the two releases has: few, where the tables are large.
_COLUMNS = """
select {counts}
from release.{table} as o
inner join release.{table} as n on {same_key}
where o.from_release <= {base} and o.to_release > {base} and o.to_release <= {staged}
    and n.from_release > {base} and n.from_release <= {staged} and n.to_release > {staged}
"""


@dataclass(frozen=True)
class DatasetDiff:
    """What would change of one dataset; `columns` is (column, rows in which it differs), most first."""

    dataset: str
    title_vi: str
    title_en: str
    row_count: int
    added: int
    changed: int
    closed: int
    newly_held: int = 0
    released: int = 0
    columns: tuple[tuple[str, int], ...] = ()

    @property
    def changes(self) -> int:
        """Rows added, changed and closed."""
        return self.added + self.changed + self.closed

    @property
    def differs(self) -> bool:
        """Whether readers would see anything else than now."""
        return bool(self.changes or self.newly_held or self.released)


def dataset_diffs(conn: psycopg.Connection, base: int | None, staged: int) -> tuple[DatasetDiff, ...]:
    """Every dataset of the staged release, compared with the release that readers see (None before the first)."""
    held = {row[0]: row[1:] for row in conn.execute(_HELD, {"base": base, "staged": staged})}
    diffs = []
    for name, vi, en, key, rows, added, changed, closed in conn.execute(_DATASETS, (staged,)).fetchall():
        columns = _columns(conn, name, key, base, staged) if changed and base is not None else ()
        now_held, released = held.get(name, (0, 0))
        diffs.append(DatasetDiff(name, vi, en, rows, added, changed, closed, now_held, released, columns))
    return tuple(diffs)


def _columns(
    conn: psycopg.Connection, name: str, key: list[str], base: int, staged: int
) -> tuple[tuple[str, int], ...]:
    columns = [c for c in read_columns(conn, f"release.{name}") if c.name not in {*_HIDDEN, *key}]
    query = sql.SQL(_COLUMNS).format(
        counts=sql.SQL(", ").join(map(_differing, columns)),
        table=sql.Identifier(name),
        same_key=sql.SQL(" and ").join(sql.SQL("o.{0} = n.{0}").format(sql.Identifier(column)) for column in key),
        base=sql.Literal(base),
        staged=sql.Literal(staged),
    )
    counts = conn.execute(query).fetchone() or ()
    pairs = ((column.name, int(count)) for column, count in zip(columns, counts, strict=True) if count)
    return tuple(sorted(pairs, key=lambda pair: (-pair[1], pair[0])))


def _differing(column: Column) -> sql.Composed:
    as_text = sql.SQL("::text" if column.type == "json" else "")  # json has no equality of its own
    return sql.SQL("count(*) filter (where o.{0}{1} is distinct from n.{0}{1})").format(
        sql.Identifier(column.name), as_text
    )
