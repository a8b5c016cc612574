"""`trace_record`: one record followed back to the files it was read from, as one answer."""

from collections.abc import Sequence
from difflib import get_close_matches
from hashlib import sha256
from typing import Any

import psycopg
from psycopg import sql

from connectors.errors import NotTraceable
from connectors.settings import project_root
from connectors.warehouse.connect import connect, translated
from expectations.fingerprint import definitions_hash
from expectations.lineage.origins import read_origins
from expectations.lineage.records import read_record, read_release, read_rules
from expectations.rules import Rulebook, load_rulebooks

Json = dict[str, Any]


def trace_record(dataset: str, key: Sequence[str], *, release_id: int | None = None) -> Json:
    """Where a record of a release comes from: published row, warehouse row, rules, raw rows, batches, files, systems.

    `key` is the record key in one part, or its columns one by one. Reads one snapshot as the owner and writes nothing.
    Raw columns other than keys are not read. `NotTraceable` when dataset, key or release are not known.
    """
    book = _rulebook(dataset)
    with translated(f"trace of {dataset}"), connect("owner") as conn:
        conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        conn.read_only = True
        release = read_release(conn, book, release_id)
        record = read_record(conn, book, release["release_id"], _parts(conn, book, key))
        known = record.pop("known")
        origins = read_origins(conn, book, release, known)
        if not (record["published"] or record["warehouse"] or record["outcome"] or _is_anywhere(origins)):
            raise _unknown(
                conn, book, f"no record {record['record_key']} in release {release['release_id']}, nor before it"
            )
        rules = read_rules(conn, book, release["release_id"], record["outcome"])
        entry = _ledger_entry(conn, release["release_id"])
    return {
        "dataset": {"name": dataset, "title": {"vi": book.dataset.title_vi, "en": book.dataset.title_en},
                    "owner": book.dataset.owner},
        "release": {n: release[n] for n in ("release_id", "status", "published_at", "is_current", "source_as_of")}
        | {"definitions_sha256": release["fingerprint"].get("definitions"), "ledger_entry": entry},
        **_told(book, record),
        "rules": rules,
        "sources": origins,
        "seeds": [_seed(name) for name in book.lineage.seeds],
        "are_definitions_current": release["fingerprint"].get("definitions") == definitions_hash(),
    }  # fmt: skip


def _told(book: Rulebook, record: Json) -> Json:
    made, published = record["warehouse"], record["published"]
    row_hash = made["row_hash"].removeprefix("\\x") if made else None
    return record | {
        "warehouse": {
            "relation": book.dataset.relation,
            "row_hash": row_hash,
            "is_as_published": published is not None and row_hash == published["row_hash"],
        }
        if made
        else None
    }


def _rulebook(dataset: str) -> Rulebook:
    books = load_rulebooks()
    if dataset not in books:
        near = get_close_matches(dataset, books, n=1)
        raise NotTraceable(
            expected=f"one of the datasets {', '.join(books)}",
            found=repr(dataset) + (f"; {near[0]}?" if near else ""),
            where="expectations/rules",
            next_step="Name a dataset as it is called in the schema shared.",
        )
    book = books[dataset]
    if not (book.lineage.raw or book.lineage.seeds):
        raise NotTraceable(
            expected="a rulebook that says by which raw rows a record is made",
            found="no `lineage:`",
            where=str(book.path),
            next_step="Declare it as the other rulebooks do.",
        )
    return book


def _parts(conn: psycopg.Connection, book: Rulebook, key: Sequence[str]) -> list[str]:
    wanted = len(book.dataset.key)
    if len(key) == wanted:
        return list(key)
    parts = "|".join(key).split("|")
    if len(parts) < wanted:
        raise _unknown(conn, book, f"{len(parts)} part(s)")
    # Of too many parts the first column takes the most: only codes have | within them.
    spare = len(parts) - wanted
    return ["|".join(parts[: spare + 1]), *parts[spare + 1 :]]


def _is_anywhere(origins: list[Json]) -> bool:
    return any(origin["count"] or origin["rejected"] for origin in origins)


def _unknown(conn: psycopg.Connection, book: Rulebook, found: str) -> NotTraceable:
    columns = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(c)) for c in book.dataset.key)
    query = sql.SQL("select concat_ws('|', {}) from release.{} limit 1").format(
        columns, sql.Identifier(book.dataset.name)
    )
    row = conn.execute(query).fetchone()
    example = f", for example {row[0]}" if row else ""
    return NotTraceable(
        expected=f"the key of a record: {', '.join(book.dataset.key)}, joined by | or one by one{example}",
        found=found,
        where=f"the dataset {book.dataset.name}",
        next_step=f"Look it up in shared.{book.dataset.name} or shared.held_record.",
    )


def _ledger_entry(conn: psycopg.Connection, release_id: int) -> int | None:
    row = conn.execute(
        "select max(seq) from audit.ledger "
        "where kind = 'release.published' and (payload ->> 'release_id')::bigint = %s",
        (release_id,),
    ).fetchone()
    return row[0] if row else None


def _seed(name: str) -> Json:
    (path,) = (project_root() / "dbt_project" / "seeds").rglob(f"{name}.csv")
    return {"file": str(path.relative_to(project_root())), "sha256": sha256(path.read_bytes()).hexdigest()}
