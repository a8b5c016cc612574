"""Which datasets can be released: those whose relation was built and whose sources were loaded at least once.

A dataset whose source was never read is left out rather than published empty: unknown is not the same as none.
"""

import psycopg

from connectors.errors import ContractInvalid, ReleaseConflict
from connectors.warehouse.lease import open_transaction
from expectations.rules import Rulebook, load_rulebooks, rules_dir


def ready_rulebooks() -> list[Rulebook]:
    """The rulebooks to release now. Raises when a relation is missing, or when no dataset is ready."""
    books, _ = loaded_rulebooks()
    with open_transaction("list of datasets") as conn:
        for book in books:
            _assert_relation(conn, book)
    return books


def loaded_rulebooks() -> tuple[list[Rulebook], list[str]]:
    """The rulebooks whose sources were loaded, and the names of the other datasets; raises when none was."""
    with open_transaction("list of datasets") as conn:
        loaded = {row[0] for row in conn.execute("select distinct system || '.' || table_name from raw._batch")}
    rulebooks = load_rulebooks()
    books = [book for book in rulebooks.values() if loaded.issuperset(book.dataset.sources)]
    if not books:
        raise ReleaseConflict(
            expected="at least one dataset whose sources were loaded",
            found="none",
            where=str(rules_dir()),
            next_step="Extract the sources first: `lienthong run`, or `lienthong extract SYSTEM`.",
        )
    return books, sorted(rulebooks.keys() - {book.dataset.name for book in books})


def _assert_relation(conn: psycopg.Connection, book: Rulebook) -> None:
    if conn.execute("select to_regclass(%s) is null", (book.dataset.relation,)).fetchone() == (True,):
        raise ContractInvalid(
            expected=f"the relation {book.dataset.relation}",
            found="none of that name in the warehouse",
            where=str(book.path),
            next_step="Add the model to dbt_project, or correct `relation` in the rulebook.",
        )
