"""Which columns changed between a published release and the one before: counts per column, never values."""

from collections.abc import Iterable

import psycopg
from psycopg import sql

from connectors.warehouse.release_tables import RELEASE_COLUMNS, Column, read_columns
from expectations.report_facts import DatasetFacts

# Above this many changed rows the comparison would take seconds, and the answer is "everything".
MOST_ROWS = 50_000
# A record that is held from now on, or no longer, changed as well.
_HIDDEN = {*RELEASE_COLUMNS} - {"is_held"}
_CHANGES = sql.SQL("""
select {counts}
from release.{table} as o
inner join release.{table} as n on {same_key} and n.from_release = o.to_release and n.to_release > o.to_release
where o.to_release = {release_id}
""")


def changed_columns(
    conn: psycopg.Connection, release_id: int, datasets: Iterable[DatasetFacts]
) -> dict[str, list[tuple[str, int]]]:
    """Per dataset (column, number of changed rows), most first; nothing where no row changed or too many did."""
    found = {}
    for dataset in datasets:
        if 0 < dataset.changed <= MOST_ROWS:
            found[dataset.dataset] = _counts(conn, release_id, dataset.dataset)
    return {dataset: counts for dataset, counts in found.items() if counts}


def _counts(conn: psycopg.Connection, release_id: int, dataset: str) -> list[tuple[str, int]]:
    row = conn.execute("select key_columns from release.dataset where dataset = %s", (dataset,)).fetchone()
    key = row[0] if row else []
    columns = [c for c in read_columns(conn, f"release.{dataset}") if c.name not in {*_HIDDEN, *key}]
    if not columns or not key:
        return []
    query = _CHANGES.format(
        counts=sql.SQL(", ").join(_is_other(column) for column in columns),
        table=sql.Identifier(dataset),
        same_key=sql.SQL(" and ").join(sql.SQL("o.{0} = n.{0}").format(sql.Identifier(name)) for name in key),
        release_id=sql.Literal(release_id),
    )
    counts = conn.execute(query).fetchone() or ()
    pairs = [(column.name, count) for column, count in zip(columns, counts, strict=True) if count]
    return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))


def _is_other(column: Column) -> sql.Composed:
    # json has no equality of its own.
    as_text = sql.SQL("::text" if column.type == "json" else "")
    return sql.SQL("count(*) filter (where o.{0}{1} is distinct from n.{0}{1})").format(
        sql.Identifier(column.name), as_text
    )
