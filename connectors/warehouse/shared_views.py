"""What is seen of the release tables: `shared.<dataset>`, `shared.<dataset>_at(release)`, `preview.<dataset>`.

All are derived from the columns of `release.<dataset>` and replaced only when their text changes, under a short
lock timeout: a replacement that waits would make every reader behind it wait too.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

import psycopg
from psycopg import sql

from connectors.errors import PublishedShapeBroken
from connectors.warehouse.connect import busy
from connectors.warehouse.datasets import Dataset
from connectors.warehouse.lease import open_session
from connectors.warehouse.partitions import copy_into_months, in_place_of, lacks_partitions
from connectors.warehouse.release_tables import OPEN_END, ensure_release_table, read_columns, release_table
from connectors.warehouse.unlimited_numbers import columns_to_lift, lift_limits

_PATIENCE_SECONDS = 60.0
_POINTER = "(select p.release_id from release.pointer as p)"
_POINTER_AGE = "(select p.source_as_of[{place}] from release.pointer as p)"
_OPEN = "(select o.release_id from release.release as o where o.status = 'staged')"
_LAST_SQL = sql.SQL("(select max(l.release_id) from release.release as l where l.published_at is not null)")
_OPEN_AGE = sql.SQL(
    "(select s.source_as_of from release.dataset_release as s where s.dataset = {name} and s.release_id = {open})"
)
_BOUNDS = {"from_release", "to_release"}
# Of what every dataset carries, where its model has no such column.
_OWN_MEANINGS = {
    "source_system": "the systems that the dataset comes from",
    "valid_from": "null: the sources state no validity",
    "valid_to": "null: the sources state no end",
    "is_held": "the newest state failed a rule; this is the last good version",
    "source_as_of": "age of the oldest source of this dataset, in this release",
}


@dataclass(frozen=True)
class _Published:
    """What the views of a dataset are made from: its release table, its texts, and its place among the ages."""

    name: str
    title: str
    place_no: int
    columns: tuple[str, ...]
    meanings: dict[str, str]


def prepare(dataset: Dataset) -> None:
    """Make table, preview and, where they exist already, the shared views fit for the dataset; readers never wait long.

    The shared views of a new dataset are made by its first publish: until then there is nothing to answer with, and
    an empty view would be a wrong answer.
    """
    with open_session(f"tables and views of {dataset.name}") as conn:
        with conn.transaction():
            _declare(conn, dataset)
        _apply_patiently(conn, lambda: _lift_limits(conn, dataset), dataset.name)
        _apply_patiently(conn, lambda: ensure_release_table(conn, dataset), dataset.name)
        if lacks_partitions(conn, dataset):
            _partition(conn, dataset)
        _apply_patiently(conn, lambda: _refresh_views(conn, dataset), dataset.name)


def _partition(conn: psycopg.Connection, dataset: Dataset) -> None:
    """Move a table that was made before its dataset asked for partitions into partitions; once, in one transaction."""

    def swap() -> None:
        with in_place_of(conn, dataset.name):
            conn.execute("update release.dataset set views_sha256 = null where dataset = %s", (dataset.name,))
            _refresh_views(conn, dataset)

    with conn.transaction():
        copy_into_months(conn, dataset)
        _apply_patiently(conn, swap, dataset.name)


def _lift_limits(conn: psycopg.Connection, dataset: Dataset) -> None:
    columns = columns_to_lift(conn, dataset)
    if columns:
        had_shared = _has_shared(conn, dataset.name)
        lift_limits(conn, dataset, columns)
        published = _read_published(conn, dataset.name)
        shared = _shared_statements(published) if had_shared else []
        _apply(conn, dataset.name, [*_preview_statements(published), *shared])


def create_shared(conn: psycopg.Connection, name: str) -> None:
    """Create the shared views of a dataset that has none yet."""
    if not _has_shared(conn, name):
        published = _read_published(conn, name)
        _apply(conn, name, [*_preview_statements(published), *_shared_statements(published)])


def _refresh_views(conn: psycopg.Connection, dataset: Dataset) -> None:
    published = _read_published(conn, dataset.name)
    shared = _shared_statements(published) if _has_shared(conn, dataset.name) else []
    _apply(conn, dataset.name, [*_preview_statements(published), *shared])


def _read_published(conn: psycopg.Connection, name: str) -> _Published:
    row = conn.execute(
        "select title_vi || ' / ' || title_en, place_no, relation from release.dataset where dataset = %s", (name,)
    ).fetchone()
    assert row is not None
    title, place_no, relation = row
    meanings = {c.name: c.meaning for c in read_columns(conn, relation) if c.meaning}
    return _Published(name, title, place_no, _public_names(conn, name), _OWN_MEANINGS | meanings)


def _public_names(conn: psycopg.Connection, name: str) -> tuple[str, ...]:
    """The columns of the table in their order, source_as_of in the place of row_hash: later columns come last."""
    names = [c.name for c in read_columns(conn, f"release.{name}") if c.name not in _BOUNDS]
    return tuple("source_as_of" if c == "row_hash" else c for c in names)


def _has_shared(conn: psycopg.Connection, name: str) -> bool:
    return conn.execute("select to_regclass(%s) is null", (f"shared.{name}",)).fetchone() == (False,)


def _apply(conn: psycopg.Connection, name: str, statements: list[sql.Composed]) -> None:
    digest = sha256("\n".join(s.as_string(conn) for s in statements).encode()).hexdigest()
    query = "select views_sha256 from release.dataset where dataset = %s"
    if conn.execute(query, (name,)).fetchone() != (digest,):
        for statement in statements:
            conn.execute(statement)
        conn.execute("update release.dataset set views_sha256 = %s where dataset = %s", (digest, name))


def _apply_patiently(conn: psycopg.Connection, change: Callable[[], object], name: str) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            with conn.transaction():
                conn.execute("set local lock_timeout = '200ms'")
                change()
                return
        except psycopg.errors.LockNotAvailable as error:
            if time.monotonic() > deadline:
                raise busy(f"tables and views of {name}", str(error).strip()) from error
        time.sleep(0.3)


def _declare(conn: psycopg.Connection, dataset: Dataset) -> None:
    conn.execute(
        """
        insert into release.dataset as d (dataset, title_vi, title_en, relation, key_columns, sources, owner)
        values (%s, %s, %s, %s, %s, %s, %s)
        on conflict (dataset) do update set
            title_vi = excluded.title_vi, title_en = excluded.title_en, relation = excluded.relation,
            sources = excluded.sources, owner = excluded.owner, declared_at = now()
        where (d.title_vi, d.title_en, d.relation, d.sources, d.owner)
            is distinct from (excluded.title_vi, excluded.title_en, excluded.relation, excluded.sources, excluded.owner)
        """,
        (
            dataset.name,
            dataset.title_vi,
            dataset.title_en,
            dataset.relation,
            list(dataset.key),
            list(dataset.sources),
            dataset.owner,
        ),
    )
    query = "select key_columns from release.dataset where dataset = %s"
    row = conn.execute(query, (dataset.name,)).fetchone()
    if row is not None and tuple(row[0]) != dataset.key:
        raise PublishedShapeBroken(
            expected=f"the key {', '.join(row[0])}, by which consumers look rows up",
            found=", ".join(dataset.key),
            where=f"key of the dataset {dataset.name}",
            next_step=f"Publish the new key beside it as {dataset.name}_v2.",
        )


def _preview_statements(of: _Published) -> list[sql.Composed]:
    as_of = _OPEN_AGE.format(name=sql.Literal(of.name), open=sql.SQL(_OPEN))
    return [_view("preview", of.name, _select(of, at=_OPEN, as_of=as_of)), *_comments("preview", of)]


def _shared_statements(of: _Published) -> list[sql.Composed]:
    view, versions = sql.Identifier("shared", of.name), sql.Identifier("shared", f"{of.name}_version")
    as_of = sql.SQL("(select shared.source_as_of({}, $1))").format(sql.Literal(of.name))
    pointer_age = sql.SQL(_POINTER_AGE).format(place=sql.Literal(of.place_no))
    # Plain SQL without SECURITY DEFINER or SET, so that the planner inlines it and a key lookup uses the index.
    at = sql.SQL(
        "create or replace function {}(release_id bigint) returns setof {} language sql stable as $function$ "
        "select {} from {} as v "
        "where v.from_release <= (select shared.kept_release($1)) and v.to_release > $1 $function$"
    ).format(sql.Identifier("shared", f"{of.name}_at"), view, _select_list(of, as_of), versions)
    return [
        _view("shared", of.name, _select(of, at=_POINTER, as_of=pointer_age)),
        _view("shared", f"{of.name}_version", _select_versions(of)),
        at,
        *_comments("shared", of),
    ]


def _select(of: _Published, *, at: str, as_of: sql.Composable) -> sql.Composed:
    return sql.SQL("select {} from {} as v where v.from_release <= {} and v.to_release > {}").format(
        _select_list(of, as_of), release_table(of.name), sql.SQL(at), sql.SQL(at)
    )


def _select_versions(of: _Published) -> sql.Composed:
    """Every version that was ever served, with its interval; what is only staged does not show in it."""
    columns = [sql.SQL("v.{}").format(sql.Identifier(c)) for c in of.columns if c != "source_as_of"]
    return sql.SQL(
        "select v.from_release, case when v.to_release <= {} then v.to_release else {} end as to_release, {} "
        "from {} as v where v.from_release <= {}"
    ).format(_LAST_SQL, sql.Literal(OPEN_END), sql.SQL(", ").join(columns), release_table(of.name), _LAST_SQL)


def _select_list(of: _Published, as_of: sql.Composable) -> sql.Composed:
    return sql.SQL(", ").join(
        sql.SQL("{} as source_as_of").format(as_of)
        if c == "source_as_of"
        else sql.SQL("v.{}").format(sql.Identifier(c))
        for c in of.columns
    )


def _view(schema: str, name: str, query: sql.Composed) -> sql.Composed:
    return sql.SQL("create or replace view {} as {}").format(sql.Identifier(schema, name), query)


def _comments(schema: str, of: _Published) -> list[sql.Composed]:
    view = sql.Identifier(schema, of.name)
    return [
        sql.SQL("comment on view {} is {}").format(view, sql.Literal(of.title)),
        *(
            sql.SQL("comment on column {}.{} is {}").format(view, sql.Identifier(c), sql.Literal(of.meanings[c]))
            for c in of.columns
            if c in of.meanings
        ),
    ]
