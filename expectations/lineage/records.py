"""A record as a release has it: published row, warehouse row, what holds it, and the rules it was judged by."""

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from connectors.errors import NotTraceable
from connectors.warehouse.release_tables import RELEASE_COLUMNS, Column, read_columns
from expectations.rules import Rulebook

Json = dict[str, Any]
_RELEASE = """
select r.release_id, r.status, r.published_at::text as published_at, r.fingerprint,
    r.release_id = (select p.release_id from release.pointer as p) as is_current,
    s.release_id is not null as has_dataset, s.source_as_of::text as source_as_of
from release.release as r left join release.dataset_release as s on r.release_id = s.release_id and s.dataset = %s
where r.release_id = coalesce(%s, (select p.release_id from release.pointer as p))
    and r.published_at is not null and r.release_id >= (select k.oldest_release from release.kept as k)
"""
_OUTCOME = """
select o.outcome, o.rule_ids, o.custodian, o.first_seen_at::text as since, h.last_good_release,
    coalesce(h.is_served, false) as is_served
from quality.row_outcome as o
left join release.held as h
    on o.dataset = h.dataset and o.release_id = h.release_id and o.record_key = h.record_key
where o.dataset = %s and o.release_id = %s and o.record_key = %s
"""
_SHAPE = "{}, jsonb_build_object('type', st_geometrytype(v.{}), 'srid', st_srid(v.{}), 'points', st_npoints(v.{}))"
_VERDICTS = (
    "select rule_id, severity, success from quality.verdict where dataset = %s and release_id = %s order by rule_id"
)


def read_release(conn: psycopg.Connection, book: Rulebook, release_id: int | None) -> Json:
    """The release to trace in; `NotTraceable` when it was never published, is not kept, or lacks the dataset."""
    with conn.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(_RELEASE, (book.dataset.name, release_id)).fetchone()
    if found is None or not found["has_dataset"]:
        kept = conn.execute(
            "select string_agg(r.release_id::text, ', ' order by r.release_id) "
            "from release.release as r, release.kept as k inner join release.dataset_release as s on s.dataset = %s "
            "where s.release_id = r.release_id and r.published_at is not null and r.release_id >= k.oldest_release",
            (book.dataset.name,),
        ).fetchone()
        raise NotTraceable(
            expected=f"a kept release with {book.dataset.name}: {(kept and kept[0]) or 'there is none yet'}",
            found=f"release {release_id}" if release_id else "none in service that has it",
            where="shared.release",
            next_step="Name one of these with --release, or none for the one in service.",
        )
    return found


def read_record(conn: psycopg.Connection, book: Rulebook, release_id: int, key: Sequence[str]) -> Json:
    """Key, published row, warehouse row and outcome of a record; what is not there is None.

    `NotTraceable` when a part of the key cannot be of the type of its column.
    """
    columns = {c.name: c for c in read_columns(conn, f"release.{book.dataset.name}")}
    same = sql.SQL(" and ").join(
        sql.SQL("v.{} = {}").format(sql.Identifier(name), _typed(columns[name], value))
        for name, value in zip(book.dataset.key, key, strict=True)
    )
    try:
        record_key, record = _key(conn, book, columns, key)
        published = _published(conn, book, columns, same, release_id)
        made = _made(conn, book, same)
    except psycopg.errors.DataError as error:
        raise NotTraceable(
            expected=f"{', '.join(f'{name} ({columns[name].type})' for name in book.dataset.key)}",
            found="a text that is none",
            where=f"the key of {book.dataset.name}",
            next_step="Write dates as 2025-07-01 and times as 2026-11-20T05:00:00+07:00.",
        ) from error
    with conn.cursor(row_factory=dict_row) as cursor:
        outcome = cursor.execute(_OUTCOME, (book.dataset.name, release_id, record_key)).fetchone()
    known = (made or {}) | (published or {}).get("columns", {}) | record
    return {"record_key": record_key, "key": record, "known": known, "published": published, "warehouse": made,
            "outcome": outcome}  # fmt: skip


def read_rules(conn: psycopg.Connection, book: Rulebook, release_id: int, outcome: Json | None) -> list[Json]:
    """Every rule that judged the dataset in this release, and what it said of the record, or of the dataset."""
    failed = set(outcome["rule_ids"]) if outcome else set()
    rules = {rule.id: rule for rule in book.rules}
    judged = []
    for rule_id, severity, success in conn.execute(_VERDICTS, (book.dataset.name, release_id)):
        rule = rules.get(rule_id)
        of_rows = (
            rule_id in failed or (rule is not None and rule.expectation is None) or bool(rule and rule.is_row_level)
        )
        kept = rule_id not in failed if of_rows else success
        told = {"message": rule.message.model_dump(), "legal_basis": rule.legal_basis} if rule else {}
        said = {"rule_id": rule_id, "severity": severity, "about": "row" if of_rows else "dataset"}
        judged.append(said | {"outcome": "kept" if kept else "failed"} | told)
    return judged


def _typed(column: Column, value: str) -> sql.Composable:
    return sql.SQL("{}::{}").format(sql.Literal(value), sql.SQL(column.type))


def _key(conn: psycopg.Connection, book: Rulebook, columns: dict[str, Column], key: Sequence[str]) -> tuple[str, Json]:
    pairs = list(zip(book.dataset.key, key, strict=True))
    values = sql.SQL(", ").join(_typed(columns[name], value) for name, value in pairs)
    members = sql.SQL(", ").join(
        sql.SQL("{}, {}").format(sql.Literal(name), _typed(columns[name], value)) for name, value in pairs
    )
    query = sql.SQL("select concat_ws('|', {}), jsonb_build_object({})").format(values, members)
    row = conn.execute(query).fetchone()
    assert row is not None
    return row[0], row[1]


def _published(
    conn: psycopg.Connection, book: Rulebook, columns: dict[str, Column], same: sql.Composable, release_id: int
) -> Json | None:
    shapes = [c.name for c in columns.values() if c.type.startswith("geometry")]
    left_out = [*shapes, *RELEASE_COLUMNS, "row_hash", "is_held", "from_release", "to_release"]
    described = [
        sql.SQL(_SHAPE)
        .format(sql.Literal(name), *[sql.Identifier(name)] * 3)
        for name in shapes
    ]  # fmt: skip
    query = sql.SQL(
        "select to_jsonb(v) - {}::text[] as columns, jsonb_build_object({}) as shapes, "
        "encode(v.row_hash, 'hex') as row_hash, v.from_release, "
        "nullif(v.to_release, 9223372036854775807) as to_release, v.is_held "
        "from release.{} as v where {} and v.from_release <= {} and v.to_release > {}"
    ).format(
        sql.Literal(left_out), sql.SQL(", ").join(described), sql.Identifier(book.dataset.name), same,
        sql.Literal(release_id), sql.Literal(release_id),
    )  # fmt: skip
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query).fetchone()


def _made(conn: psycopg.Connection, book: Rulebook, same: sql.Composable) -> Json | None:
    present = read_columns(conn, book.dataset.relation)
    if not present:
        return None
    shapes = [c.name for c in present if c.type.startswith("geometry")]
    query = sql.SQL("select to_jsonb(v) - {}::text[] from {} as v where {} limit 1").format(
        sql.Literal(shapes), sql.Identifier(*book.dataset.relation.split(".")), same
    )
    row = conn.execute(query).fetchone()
    return row[0] if row else None
