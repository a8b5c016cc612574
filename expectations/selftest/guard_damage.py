"""Damage for the guards that every dataset has: too many held, too few or too many rows, a repeated key, lost rows."""

from collections.abc import Callable

from psycopg import sql

from expectations.guards import LastRows, broken_keys_sql, held_share_sql, row_bounds, unbalanced_sql
from expectations.rules import Rulebook
from expectations.selftest.damage import Bench, release_table
from expectations.source_accounts import FEW_ROWS, out_of_bounds_sql


def too_many_held(bench: Bench, book: Rulebook) -> bool:
    """G01 when every row is held by a rule of its own."""
    rule_ids = [rule.id for rule in book.row_rules][:1]
    bench.conn.execute(
        "insert into quality.row_outcome (dataset, record_key, release_id, outcome, rule_ids)"
        " values (%s, 'x', %s, 'held', %s)",
        (book.dataset.name, bench.release_id, rule_ids),
    )
    return _found(bench, held_share_sql(book, bench.release_id)) > 0


def wrong_volume(bench: Bench, book: Rulebook) -> bool:
    """G02 when the dataset is empty, and when a partition of its sources shrank, grew fourfold, or vanished.

    A partition of one row that stays, and one that is allowed to vanish, must not be noticed.
    """
    least, _ = row_bounds(book, LastRows())
    _, most = row_bounds(book, LastRows(1000))
    is_bounded = (least > 0 or book.guards.min_rows == 0) and most is not None
    if not book.rows_of:
        return is_bounded
    query = out_of_bounds_sql(book, bench.release_id)
    few, many = 10 * FEW_ROWS, int(10 * FEW_ROWS * (3 + book.guards.max_growth))
    may_vanish = {source: rows.model_copy(update={"may_vanish": True}) for source, rows in book.rows_of.items()}
    allowed = out_of_bounds_sql(book.model_copy(update={"rows_of": may_vanish}), bench.release_id)
    noticed = [_moved(bench, book, query, *pair) for pair in ((many, few), (few, many), (1, 0), (1, None))]
    harmless = [_moved(bench, book, query, 1, 1), _moved(bench, book, query, 0, 0), _moved(bench, book, allowed, 1, 0)]
    return is_bounded and all(noticed) and not any(harmless)


def repeated_key(bench: Bench, book: Rulebook) -> bool:
    """G03 when the only row is there twice."""
    table, name = release_table(book), book.dataset.name
    for (index,) in bench.conn.execute(
        "select indexrelid::regclass::text from pg_index where indrelid = %s::regclass and indisunique",
        (f"release.{name}",),
    ).fetchall():
        bench.conn.execute(sql.SQL("drop index {}").format(sql.SQL(index)))
    bench.conn.execute(sql.SQL("insert into {0} select * from {0}").format(table))
    return _found(bench, broken_keys_sql(book, bench.release_id)) > 0


def lost_rows(bench: Bench, book: Rulebook) -> bool:
    """G04 when a row is not staged, and when a row of a source has no record."""
    query = unbalanced_sql(book, bench.release_id)
    found = True
    for source in list(book.rows_of)[:1]:
        with bench.conn.transaction(force_rollback=True):
            _count(bench, bench.release_id, book.dataset.name, source, live=7, published=6)
            found = _found(bench, query) > 0
    bench.conn.execute(sql.SQL("delete from {}").format(release_table(book)))
    return found and _found(bench, query) > 0


GUARD_DAMAGE: dict[str, tuple[str, Callable[[Bench, Rulebook], bool]]] = {
    "G01": ("every row is held", too_many_held),
    "G02": ("no rows; a partition a quarter or four times as large, or without its only row", wrong_volume),
    "G03": ("the row is staged twice", repeated_key),
    "G04": ("the row is not staged; a source row has no record", lost_rows),
}


def _moved(bench: Bench, book: Rulebook, query: str, before: int, after: int | None) -> bool:
    """Whether the change of a partition is noticed; after None nothing is said of it any more."""
    source = next(iter(book.rows_of))
    with bench.conn.transaction(force_rollback=True):
        bench.conn.execute("update release.release set base_release = 0 where release_id = %s", (bench.release_id,))
        _count(bench, 0, book.dataset.name, source, live=before, published=before)
        if after is None:
            _count(bench, bench.release_id, book.dataset.name, source, live=9, published=9, partition="another")
        else:
            _count(bench, bench.release_id, book.dataset.name, source, live=after, published=after)
        return _found(bench, query) > 0


def _count(
    bench: Bench, release_id: int, dataset: str, source: str, *, live: int, published: int, partition: str = "self-test"
) -> None:
    bench.conn.execute(
        "insert into release.conservation (release_id, source, partition, dataset, live_rows, rejected, published,"
        " held, superseded, out_of_scope, arrived_later) values (%s, %s, %s, %s, %s, 0, %s, 0, 0, 0, 0)",
        (release_id, source, partition, dataset, live, published),
    )


def _found(bench: Bench, query: str) -> int:
    row = bench.conn.execute(sql.SQL("select {}").format(sql.SQL(query))).fetchone()
    return int(row[0]) if row else 0
