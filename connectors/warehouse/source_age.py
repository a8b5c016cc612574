"""How old the sources of a dataset are, by the loaded batches, and how old they may be, by their contracts."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

import psycopg

from connectors.contracts import load_contract
from connectors.settings import project_root

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


def max_age(sources: Sequence[str]) -> timedelta | None:
    """The age beyond which data of these sources (`system.table`) no longer counts; None where no contract says one."""
    stops = []
    for source in sources:
        system, _, table = source.partition(".")
        path = project_root() / "connectors" / "sources" / f"{system}.yml"
        if path.is_file():
            stops.append(_stops(path, path.stat().st_mtime_ns).get(table))
    return min((stop for stop in stops if stop is not None), default=None)


@lru_cache(maxsize=64)
def _stops(path: Path, _stamp: int) -> dict[str, timedelta]:
    return {table.name: table.freshness.stop for table in load_contract(path.stem).tables}
