"""The guards that every dataset has, as SQL: each is a scalar query that answers 0 when all is well.

G01 the held share is below its ceiling; G02 neither the dataset nor a partition of its sources has shrunk, vanished or
grown too far; G03 the key is unique and not null; G04 every row that was built is served, held or out of scope, and so
is every row of the sources.
"""

import math
from typing import NamedTuple

from psycopg import sql

from connectors.warehouse.release_tables import OPEN_END
from expectations.rules import Rulebook
from expectations.source_accounts import FEW_ROWS, unaccounted_sql


class LastRows(NamedTuple):
    """How many rows a dataset had in the release before; the delete of `approved` of them was approved by a person."""

    rows: int = 0
    approved: int = 0


GUARDS = {
    "G01": "Tỷ lệ bản ghi bị giữ vượt trần. / The held share is above its ceiling.",
    "G02": "Bộ dữ liệu hoặc một phân vùng nguồn co lại hay tăng quá mức, hoặc rỗng. "
    "/ The dataset, or a partition of its sources, has shrunk or grown too far, or is empty.",
    "G03": "Khóa trùng hoặc trống. / The key repeats or is null.",
    "G04": "Có dòng của nguồn hoặc của bộ dữ liệu không được công bố, không bị giữ, cũng không ngoài phạm vi. "
    "/ Rows of the dataset or of its sources that are neither served, nor held, nor out of scope.",
}

_OUTCOMES = sql.SQL("""(
    select
        count(*) filter (where outcome = 'held') as held,
        count(*) filter (where outcome = 'held' and rule_ids && {own_rules}::text[]) as held_by_itself,
        count(*) filter (where outcome = 'out_of_scope') as out_of_scope
    from quality.row_outcome where dataset = {dataset} and release_id = {release_id}
)""")
_HELD_SHARE = sql.SQL("""(
    select case
        when (o.held_by_itself <= {ceiling} * (r.built - o.out_of_scope)) is true then 0
        else greatest(o.held_by_itself, 1)
    end
    from {outcomes} as o, {built} as r
)""")
# Keys are counted only where the table itself could hold one twice, or without a part: where its unique index or a
# NOT NULL is missing, or where staged rows are not all at the open end that the index speaks for.
_BROKEN_KEYS = sql.SQL("""(
    select case
        when
            exists (
                select from pg_index as i
                where i.indrelid = {table}::regclass and i.indisunique and i.indisvalid and i.indpred is null
                    and i.indexprs is null and (
                        select array_agg(a.attname::text order by a.attname)
                        from pg_attribute as a where a.attrelid = i.indrelid and a.attnum = any(i.indkey)
                    ) = {index_columns}::text[]
            )
            and (
                select count(*) from pg_attribute as a
                where a.attrelid = {table}::regclass and a.attname = any({key_columns}::text[]) and a.attnotnull
            ) = cardinality({key_columns}::text[])
            and not exists (
                select from release.{name} as v
                where v.to_release < {open_end} and v.to_release > {release_id} and v.from_release <= {release_id}
            )
        then 0
        else (
            select count(*) from (
                select 1 from {staged} group by {key} having count(*) > 1 or bool_or(not ({key_row} is not null))
            ) as broken
        )
    end
)""")
_UNBALANCED = sql.SQL("""(
    select coalesce(abs(r.built - s.served - o.held - o.out_of_scope), 1) + {unaccounted}
    from {outcomes} as o, {built} as r, (select count(*) as served from {staged} where not is_held) as s
)""")
# What the row check counted; null, and so never enough, when there was none.
_BUILT = sql.SQL(
    "(select max(row_count) as built from quality.row_check where dataset = {dataset} and release_id = {release_id})"
)


def held_share_sql(rulebook: Rulebook, release_id: int) -> str:
    """G01: how many rows are held, when their share is above the ceiling; those held with another record are free."""
    return _HELD_SHARE.format(
        ceiling=sql.Literal(rulebook.guards.max_held_share),
        outcomes=_outcomes(rulebook, release_id),
        built=_built(rulebook, release_id),
    ).as_string(None)


def row_bounds(rulebook: Rulebook, last: LastRows) -> tuple[int, int | None]:
    """A part of G02: the fewest and the most rows a dataset may have after what it had last; no most after none."""
    guards = rulebook.guards
    least = max(guards.min_rows, math.ceil((1 - guards.max_shrink) * max(last.rows - last.approved, 0)))
    return least, math.floor((1 + guards.max_growth) * last.rows) + FEW_ROWS if last.rows else None


def broken_keys_sql(rulebook: Rulebook, release_id: int) -> str:
    """G03: the number of keys that repeat or have a null part."""
    dataset = rulebook.dataset
    key = sql.SQL(", ").join(map(sql.Identifier, dataset.key))
    return _BROKEN_KEYS.format(
        table=sql.Literal(f"release.{dataset.name}"),
        name=sql.Identifier(dataset.name),
        index_columns=sql.Literal(sorted((*dataset.key, "to_release"))),
        key_columns=sql.Literal(list(dataset.key)),
        open_end=sql.Literal(OPEN_END),
        release_id=sql.Literal(release_id),
        staged=staged_name(rulebook),
        key=key,
        key_row=sql.SQL("row({})").format(key),
    ).as_string(None)


def unbalanced_sql(rulebook: Rulebook, release_id: int) -> str:
    """G04: how many rows of relation and sources are missing from, or too many in, what is served, held or left out."""
    return _UNBALANCED.format(
        outcomes=_outcomes(rulebook, release_id),
        built=_built(rulebook, release_id),
        staged=staged_name(rulebook),
        unaccounted=sql.SQL(unaccounted_sql(rulebook, release_id)),
    ).as_string(None)


def staged_name(rulebook: Rulebook) -> sql.Identifier:
    """The view of the staged rows of a dataset."""
    return sql.Identifier("preview", rulebook.dataset.name)


def relation_name(rulebook: Rulebook) -> sql.Identifier:
    """The relation that a dataset is staged from."""
    return sql.Identifier(*rulebook.dataset.relation.split("."))


def _built(rulebook: Rulebook, release_id: int) -> sql.Composed:
    return _BUILT.format(dataset=sql.Literal(rulebook.dataset.name), release_id=sql.Literal(release_id))


def _outcomes(rulebook: Rulebook, release_id: int) -> sql.Composed:
    return _OUTCOMES.format(
        dataset=sql.Literal(rulebook.dataset.name),
        release_id=sql.Literal(release_id),
        own_rules=sql.Literal([rule.id for rule in rulebook.row_rules]),
    )
