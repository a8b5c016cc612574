"""What is seen of the release tables: `shared.<dataset>`, `shared.<dataset>_at(release)`, `preview.<dataset>`.

All are derived from the columns of `release.<dataset>` and replaced only when their text changes, under a short
lock timeout: a replacement that waits would make every reader behind it wait too.
"""

import time
from collections.abc import Callable
from hashlib import sha256

import psycopg
from psycopg import sql

from connectors.errors import PublishedShapeBroken
from connectors.warehouse.connect import busy
from connectors.warehouse.datasets import Dataset
from connectors.warehouse.lease import open_transaction
from connectors.warehouse.release_tables import OPEN_END, Column, ensure_release_table, read_columns, release_table

_PATIENCE_SECONDS = 60.0
_POINTER = "(select p.release_id from release.pointer as p)"
_POINTER_AGE = "(select p.source_as_of[{place}] from release.pointer as p)"
_OPEN = "(select o.release_id from release.release as o where o.status = 'staged')"
_LAST_SQL = sql.SQL("(select max(l.release_id) from release.release as l where l.published_at is not null)")
_OPEN_AGE = sql.SQL(
    "(select s.source_as_of from release.dataset_release as s where s.dataset = {name} and s.release_id = {open})"
)
_BOUNDS = {"from_release", "to_release"}


def prepare(dataset: Dataset) -> None:
    """Make table, preview and, where they exist already, the shared views fit for the dataset; readers never wait long.

    The shared views of a new dataset are made by its first publish: until then there is nothing to answer with, and
    an empty view would be a wrong answer.
    """
    with open_transaction(f"header of {dataset.name}") as conn:
        _declare(conn, dataset)
    _apply_patiently(lambda conn: ensure_release_table(conn, dataset), dataset.name)
    _apply_patiently(lambda conn: _refresh_views(conn, dataset), dataset.name)


def create_shared(conn: psycopg.Connection, name: str) -> None:
    """Create the shared views of a dataset that has none yet."""
    if not _has_shared(conn, name):
        _apply(conn, name, [*_preview_statements(conn, name), *_shared_statements(conn, name)])


def _refresh_views(conn: psycopg.Connection, dataset: Dataset) -> None:
    shared = _shared_statements(conn, dataset.name) if _has_shared(conn, dataset.name) else []
    _apply(conn, dataset.name, [*_preview_statements(conn, dataset.name), *shared])


def _has_shared(conn: psycopg.Connection, name: str) -> bool:
    return conn.execute("select to_regclass(%s) is null", (f"shared.{name}",)).fetchone() == (False,)


def _apply(conn: psycopg.Connection, name: str, statements: list[sql.Composed]) -> None:
    digest = sha256("\n".join(s.as_string(conn) for s in statements).encode()).hexdigest()
    query = "select views_sha256 from release.dataset where dataset = %s"
    if conn.execute(query, (name,)).fetchone() != (digest,):
        for statement in statements:
            conn.execute(statement)
        conn.execute("update release.dataset set views_sha256 = %s where dataset = %s", (digest, name))


def _apply_patiently(change: Callable[[psycopg.Connection], object], name: str) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        with open_transaction(f"tables and views of {name}") as conn:
            conn.execute("set local lock_timeout = '200ms'")
            try:
                change(conn)
            except psycopg.errors.LockNotAvailable as error:
                conn.rollback()
                found = str(error).strip()
            else:
                return
        if time.monotonic() > deadline:
            raise busy(f"tables and views of {name}", found)
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


def _preview_statements(conn: psycopg.Connection, name: str) -> list[sql.Composed]:
    as_of = _OPEN_AGE.format(name=sql.Literal(name), open=sql.SQL(_OPEN))
    return [_view("preview", name, _select(conn, name, at=_OPEN, as_of=as_of)), *_comments(conn, "preview", name)]


def _shared_statements(conn: psycopg.Connection, name: str) -> list[sql.Composed]:
    view, versions = sql.Identifier("shared", name), sql.Identifier("shared", f"{name}_version")
    as_of = sql.SQL("(select shared.source_as_of({}, $1))").format(sql.Literal(name))
    # Plain SQL without SECURITY DEFINER or SET, so that the planner inlines it and a key lookup uses the index.
    at = sql.SQL(
        "create or replace function {}(release_id bigint) returns setof {} language sql stable as $function$ "
        "select {} from {} as v "
        "where v.from_release <= (select shared.kept_release($1)) and v.to_release > $1 $function$"
    ).format(sql.Identifier("shared", f"{name}_at"), view, _select_list(conn, name, as_of), versions)
    return [
        _view("shared", name, _select(conn, name, at=_POINTER, as_of=_pointer_age(conn, name))),
        _view("shared", f"{name}_version", _select_versions(conn, name)),
        at,
        *_comments(conn, "shared", name),
    ]


def _pointer_age(conn: psycopg.Connection, name: str) -> sql.Composed:
    row = conn.execute("select place_no from release.dataset where dataset = %s", (name,)).fetchone()
    assert row is not None
    return sql.SQL(_POINTER_AGE).format(place=sql.Literal(row[0]))


def _select(conn: psycopg.Connection, name: str, *, at: str, as_of: sql.Composable) -> sql.Composed:
    return sql.SQL("select {} from {} as v where v.from_release <= {} and v.to_release > {}").format(
        _select_list(conn, name, as_of), release_table(name), sql.SQL(at), sql.SQL(at)
    )


def _select_versions(conn: psycopg.Connection, name: str) -> sql.Composed:
    """Every version that was ever served, with its interval; what is only staged does not show in it."""
    columns = [sql.SQL("v.{}").format(sql.Identifier(c)) for c in _public_names(conn, name) if c != "source_as_of"]
    return sql.SQL(
        "select v.from_release, case when v.to_release <= {} then v.to_release else {} end as to_release, {} "
        "from {} as v where v.from_release <= {}"
    ).format(_LAST_SQL, sql.Literal(OPEN_END), sql.SQL(", ").join(columns), release_table(name), _LAST_SQL)


def _select_list(conn: psycopg.Connection, name: str, as_of: sql.Composable) -> sql.Composed:
    return sql.SQL(", ").join(
        sql.SQL("{} as source_as_of").format(as_of)
        if c == "source_as_of"
        else sql.SQL("v.{}").format(sql.Identifier(c))
        for c in _public_names(conn, name)
    )


def _public_names(conn: psycopg.Connection, name: str) -> list[str]:
    """The columns of the table in their order, source_as_of in the place of row_hash: later columns come last."""
    names = [c.name for c in read_columns(conn, f"release.{name}") if c.name not in _BOUNDS]
    return ["source_as_of" if c == "row_hash" else c for c in names]


def _view(schema: str, name: str, query: sql.Composed) -> sql.Composed:
    return sql.SQL("create or replace view {} as {}").format(sql.Identifier(schema, name), query)


def _comments(conn: psycopg.Connection, schema: str, name: str) -> list[sql.Composed]:
    row = conn.execute(
        "select title_vi || ' / ' || title_en, relation from release.dataset where dataset = %s", (name,)
    ).fetchone()
    assert row is not None
    view = sql.Identifier(schema, name)
    meanings = {c.name: c for c in read_columns(conn, row[1]) if c.meaning}
    own = {
        "is_held": Column("is_held", "", "the newest state failed a rule; this is the last good version"),
        "source_as_of": Column("source_as_of", "", "age of the oldest source of this dataset, in this release"),
    }
    return [
        sql.SQL("comment on view {} is {}").format(view, sql.Literal(row[0])),
        *(
            sql.SQL("comment on column {}.{} is {}").format(view, sql.Identifier(c), sql.Literal(known.meaning))
            for c in _public_names(conn, name)
            if (known := (own | meanings).get(c))
        ),
    ]
