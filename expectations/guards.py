"""The guards that every dataset has, as SQL: each is a scalar query that answers 0 when all is well.

G01 the held share is below its ceiling; G02 neither the dataset nor a partition of its sources has shrunk, emptied or
grown too far; G03 the key is unique and not null; G04 every row that was built is served, held or out of scope, and so
is every row of the sources.
"""

import math

from psycopg import sql

from expectations.rules import Rulebook
from expectations.source_accounts import FEW_ROWS, unaccounted_sql

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
    from {outcomes} as o, (select count(*) as built from {relation}) as r
)""")
_BROKEN_KEYS = sql.SQL("""(
    select count(*) from (
        select 1 from {staged} group by {key} having count(*) > 1 or bool_or(not ({key_row} is not null))
    ) as broken
)""")
_UNBALANCED = sql.SQL("""(
    select abs(r.built - s.served - o.held - o.out_of_scope) + {unaccounted}
    from
        {outcomes} as o, (select count(*) as built from {relation}) as r,
        (select count(*) as served from {staged} where not is_held) as s
)""")


def held_share_sql(rulebook: Rulebook, release_id: int) -> str:
    """G01: how many rows are held, when their share is above the ceiling; those held with another record are free."""
    return _HELD_SHARE.format(
        ceiling=sql.Literal(rulebook.guards.max_held_share),
        outcomes=_outcomes(rulebook, release_id),
        relation=relation_name(rulebook),
    ).as_string(None)


def row_bounds(rulebook: Rulebook, last_rows: int) -> tuple[int, int | None]:
    """A part of G02: the fewest and the most rows a dataset may have after `last_rows`; no most after none."""
    guards = rulebook.guards
    least = max(guards.min_rows, math.ceil((1 - guards.max_shrink) * last_rows))
    return least, math.floor((1 + guards.max_growth) * last_rows) + FEW_ROWS if last_rows else None


def broken_keys_sql(rulebook: Rulebook) -> str:
    """G03: the number of keys that repeat or have a null part."""
    key = sql.SQL(", ").join(map(sql.Identifier, rulebook.dataset.key))
    return _BROKEN_KEYS.format(staged=staged_name(rulebook), key=key, key_row=sql.SQL("row({})").format(key)).as_string(
        None
    )


def unbalanced_sql(rulebook: Rulebook, release_id: int) -> str:
    """G04: how many rows of relation and sources are missing from, or too many in, what is served, held or left out."""
    return _UNBALANCED.format(
        outcomes=_outcomes(rulebook, release_id),
        relation=relation_name(rulebook),
        staged=staged_name(rulebook),
        unaccounted=sql.SQL(unaccounted_sql(rulebook, release_id)),
    ).as_string(None)


def staged_name(rulebook: Rulebook) -> sql.Identifier:
    """The view of the staged rows of a dataset."""
    return sql.Identifier("preview", rulebook.dataset.name)


def relation_name(rulebook: Rulebook) -> sql.Identifier:
    """The relation that a dataset is staged from."""
    return sql.Identifier(*rulebook.dataset.relation.split("."))


def _outcomes(rulebook: Rulebook, release_id: int) -> sql.Composed:
    return _OUTCOMES.format(
        dataset=sql.Literal(rulebook.dataset.name),
        release_id=sql.Literal(release_id),
        own_rules=sql.Literal([rule.id for rule in rulebook.row_rules]),
    )
