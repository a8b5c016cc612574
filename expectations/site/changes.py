"""Which columns changed between a release and the one before: counts per column, never values.

Those of a refused release are counted when the gate closes, before its rows are taken back, and kept for its report.
"""

from collections import defaultdict

import psycopg
from psycopg import sql

from connectors.warehouse.release_tables import RELEASE_COLUMNS, Column, read_columns

Columns = dict[str, list[tuple[str, int]]]

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


def changed_columns(conn: psycopg.Connection, release_id: int) -> Columns:
    """Per dataset (column, number of changed rows), most first; nothing where no row changed or too many did."""
    return _kept(conn, release_id) or _counted(conn, release_id)


def keep_changed_columns(conn: psycopg.Connection, release_id: int) -> None:
    """Keeps the counts of a release that will be taken back, in the caller's transaction; repeatable."""
    conn.execute("delete from release.refused_change where release_id = %s", (release_id,))
    rows = [(release_id, name, *pair) for name, pairs in _counted(conn, release_id).items() for pair in pairs]
    with conn.cursor() as cursor:
        cursor.executemany("insert into release.refused_change values (%s, %s, %s, %s)", rows)


def _kept(conn: psycopg.Connection, release_id: int) -> Columns:
    found = defaultdict(list)
    query = (
        "select dataset, column_name, row_count from release.refused_change where release_id = %s"
        " order by dataset, row_count desc, column_name"
    )
    for dataset, column, count in conn.execute(query, (release_id,)):
        found[dataset].append((column, count))
    return dict(found)


def _counted(conn: psycopg.Connection, release_id: int) -> Columns:
    staged = conn.execute(
        "select dataset from release.dataset_release where release_id = %s and changed between 1 and %s order by 1",
        (release_id, MOST_ROWS),
    ).fetchall()
    found = {dataset: _counts(conn, release_id, dataset) for (dataset,) in staged}
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
