"""How old the sources of a dataset are, by the loaded batches."""

from collections.abc import Sequence
from datetime import datetime

import psycopg

_AGE = """
select case when bool_and(newest is not null) then min(newest) end
from (
    select max(b.source_as_of) as newest
    from unnest(%s::text[]) as s (source)
    left join raw._batch as b
        on b.system = split_part(s.source, '.', 1) and b.table_name = split_part(s.source, '.', 2)
    group by s.source, b.partition
) as t
"""


def source_as_of(conn: psycopg.Connection, sources: Sequence[str]) -> datetime | None:
    """The age of the oldest partition of the sources (`system.table`), by its newest batch; None if one is unknown."""
    if not sources or conn.execute("select to_regclass('raw._batch') is null").fetchone() == (True,):
        return None
    row = conn.execute(_AGE, (list(sources),)).fetchone()
    return row[0] if row else None
