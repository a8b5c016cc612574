"""Staging a dataset: the difference between its relation and what is there becomes versions of the open release.

Set-based throughout, and in proportion to what changed. A held row is replaced by the version that readers see now,
an out-of-scope row is left out. When versions may be closed or removed again is in `releases.py`.

Open versions (`to_release` at the open end) are the content of the release published last, even after a rollback.
The new content is compared with *them*, so that every interval stays true of the release it was served in; the last
good version of a held row is taken from the release that the pointer names, so nothing rolled back comes back.
"""

from dataclasses import asdict, dataclass

import psycopg
from psycopg import sql
from psycopg.errors import CheckViolation, NotNullViolation, UniqueViolation

from connectors.errors import KeyNotUnique
from connectors.warehouse import ledger
from connectors.warehouse.datasets import Dataset
from connectors.warehouse.lease import Release, fenced_transaction
from connectors.warehouse.partitions import ensure_months
from connectors.warehouse.release_tables import OPEN_END, ensure_indexes, published_columns, release_table
from connectors.warehouse.shared_views import prepare
from connectors.warehouse.source_age import max_age, source_as_of

_DIFFERENCE = """
create temp table staged_change on commit drop as
with outcome as materialized (
    select o.record_key, o.outcome from quality.row_outcome as o
    where o.dataset = {name} and o.release_id = {release} and o.outcome in ('held', 'out_of_scope')
),
target as (
    select {from_relation}, r.row_hash, false as is_held
    from {relation} as r
    where not exists (select from outcome as o where o.record_key = {relation_key})
    union all
    select {from_version}, v.row_hash, true as is_held
    from {table} as v
    where v.from_release <= {base} and v.to_release > {base}
        and exists (select from outcome as o where o.outcome = 'held' and o.record_key = {version_key})
),
present as (
    select {key}, row_hash, is_held from {table} where to_release = {open_end}
)
select {merged}, t.row_hash, t.is_held, t.is_held is not null as opens, p.is_held is not null as closes
from target as t
full join present as p on {same_key}
where t.row_hash is distinct from p.row_hash or t.is_held is distinct from p.is_held
"""
_CLOSE = """
update {table} as v set to_release = {release}
from staged_change as c where c.closes and v.to_release = {open_end} and {same_key}
"""
_OPEN = """
insert into {table} ({columns}, row_hash, is_held, from_release, to_release)
select {columns}, row_hash, is_held, {release}, {open_end} from staged_change where opens
"""
_HELD = """
insert into release.held (dataset, release_id, record_key, last_good_release, is_served)
select o.dataset, o.release_id, o.record_key,
    case when v.is_held then h.last_good_release when v.is_held is not null then {base} end, v.is_held is not null
from quality.row_outcome as o
left join (
    select {version_key} as record_key, v.is_held
    from {table} as v where v.from_release <= {base} and v.to_release > {base}
) as v on o.record_key = v.record_key
left join release.held as h on o.dataset = h.dataset and o.record_key = h.record_key and h.release_id = {base}
where o.dataset = {name} and o.release_id = {release} and o.outcome = 'held'
"""
# Against the release that readers see: after a rollback that is not the one the versions are compared with.
_COUNTS = """
with before as (
    select {key}, row_hash, is_held from {table} where from_release <= {base} and to_release > {base}
),
after as (
    select {key}, row_hash, is_held from {table} where from_release <= {release} and to_release > {release}
)
select count(*) filter (where p.is_held is null),
    count(*) filter (where t.row_hash <> p.row_hash or t.is_held <> p.is_held),
    count(*) filter (where t.is_held is null)
from after as t full join before as p on {same_key}
"""


@dataclass(frozen=True)
class StageCounts:
    """What staging did: rows in the release, and rows added, replaced, closed and held against what is published."""

    row_count: int
    added: int
    changed: int
    closed: int
    held_count: int


def stage(release: Release, dataset: Dataset) -> StageCounts:
    """Write the present state of a dataset into the open release and return the counts; readers see nothing of it.

    Atomic, and may be repeated within a release. Raises `ReleaseConflict` when the release is no longer ours,
    `KeyNotUnique` for a repeated or empty key, `PublishedShapeBroken` for a column that is gone or retyped.
    """
    prepare(dataset)
    with fenced_transaction(release, f"stage of {dataset.name} in release {release.release_id}") as conn:
        _undo_earlier_try(conn, dataset.name, release.release_id)
        counts = _write(conn, release, dataset)
        record_counts(conn, release.release_id, dataset, counts)
        if counts.added + counts.changed > counts.row_count // 10:
            conn.execute(sql.SQL("analyze {}").format(release_table(dataset.name)))
        payload = {"release_id": release.release_id, "dataset": dataset.name, **asdict(counts)}
        ledger.record(conn, "release.staged", payload)
    return counts


def undo_versions(conn: psycopg.Connection, name: str, release_id: int) -> None:
    """Take back whatever a release wrote into the versions of a dataset."""
    table, number = release_table(name), sql.Literal(release_id)
    conn.execute(sql.SQL("delete from {} where from_release = {}").format(table, number))
    conn.execute(
        sql.SQL("update {} set to_release = {} where to_release = {}").format(table, sql.Literal(OPEN_END), number)
    )
    conn.execute("delete from release.held where dataset = %s and release_id = %s", (name, release_id))


def _undo_earlier_try(conn: psycopg.Connection, name: str, release_id: int) -> None:
    query = "select from release.dataset_release where dataset = %s and release_id = %s"
    if conn.execute(query, (name, release_id)).fetchone() is not None:
        undo_versions(conn, name, release_id)


def record_counts(conn: psycopg.Connection, release_id: int, dataset: Dataset, counts: StageCounts) -> None:
    """Note what a release holds of a dataset, and how old the sources are."""
    conn.execute(
        """
        insert into release.dataset_release
            (dataset, release_id, row_count, added, changed, closed, held_count, source_as_of, max_age)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
        on conflict (dataset, release_id) do update set
            row_count = excluded.row_count, added = excluded.added, changed = excluded.changed,
            closed = excluded.closed, held_count = excluded.held_count, source_as_of = excluded.source_as_of,
            max_age = excluded.max_age
        """,
        (
            dataset.name,
            release_id,
            counts.row_count,
            counts.added,
            counts.changed,
            counts.closed,
            counts.held_count,
            source_as_of(conn, dataset.sources),
            max_age(dataset.sources),
        ),
    )


def _write(conn: psycopg.Connection, release: Release, dataset: Dataset) -> StageCounts:
    conn.execute("set local work_mem = '128MB'")
    conn.execute("set local jit = off")
    if dataset.partition_by is not None:  # cheap to read in order, but the relation is not: hashing takes half
        conn.execute("set local enable_mergejoin = off")
    base, last = _bases(conn)
    parts = _parts(conn, dataset, release.release_id, base)
    conn.execute(sql.SQL(_DIFFERENCE).format(**parts))
    added, changed, closed, opened, ended = _tally(conn)
    try:
        if ended:
            conn.execute(sql.SQL(_CLOSE).format(**{**parts, "same_key": _same_key(dataset, "v", "c")}))
        if opened:
            ensure_months(conn, dataset.name, rows="staged_change where opens")
            conn.execute(sql.SQL(_OPEN).format(**parts))
        ensure_indexes(conn, dataset)
    except (UniqueViolation, NotNullViolation, CheckViolation) as error:  # an empty key belongs to no partition
        raise _bad_key(dataset, error) from error
    conn.execute(sql.SQL(_HELD).format(**parts))
    if base != last:
        added, changed, closed = _row(conn, sql.SQL(_COUNTS).format(**parts))
    conn.execute("drop table staged_change")
    return StageCounts(_count_rows(conn, parts), added, changed, closed, _count_held(conn, dataset, release))


def _bases(conn: psycopg.Connection) -> tuple[int | None, int | None]:
    """The release that readers see, and the one published last; they differ after a rollback."""
    base, last = _row(
        conn,
        "select (select release_id from release.pointer), "
        "(select max(release_id) from release.release where published_at is not null)",
    )
    return base, last


def _parts(conn: psycopg.Connection, dataset: Dataset, release_id: int, base: int | None) -> dict[str, sql.Composable]:
    columns = published_columns(conn, dataset)
    names = [c.name for c in columns]
    from_relation = [
        sql.SQL("{} as {}").format(sql.SQL(c.constant), sql.Identifier(c.name))
        if c.constant
        else sql.SQL("r.{}").format(sql.Identifier(c.name))
        for c in columns
    ]
    merged = [
        sql.SQL("coalesce(t.{0}, p.{0}) as {0}").format(sql.Identifier(n))
        if n in dataset.key
        else sql.SQL("t.{}").format(sql.Identifier(n))
        for n in names
    ]
    return {
        "name": sql.Literal(dataset.name),
        "release": sql.Literal(release_id),
        "base": sql.SQL("{}::bigint").format(sql.Literal(base)),
        "open_end": sql.Literal(OPEN_END),
        "table": release_table(dataset.name),
        "relation": sql.Identifier(*dataset.relation.split(".")),
        "columns": sql.SQL(", ").join(map(sql.Identifier, names)),
        "key": sql.SQL(", ").join(map(sql.Identifier, dataset.key)),
        "from_relation": sql.SQL(", ").join(from_relation),
        "from_version": sql.SQL(", ").join(sql.SQL("v.{}").format(sql.Identifier(n)) for n in names),
        "merged": sql.SQL(", ").join(merged),
        "relation_key": sql.SQL(dataset.record_key_sql("r")),
        "version_key": sql.SQL(dataset.record_key_sql("v")),
        "same_key": _same_key(dataset, "t", "p"),
    }


def _same_key(dataset: Dataset, left: str, right: str) -> sql.Composed:
    return sql.SQL(" and ").join(
        sql.SQL("{0}.{2} = {1}.{2}").format(sql.SQL(left), sql.SQL(right), sql.Identifier(column))
        for column in dataset.key
    )


def _tally(conn: psycopg.Connection) -> tuple[int, ...]:
    return _row(
        conn,
        "select count(*) filter (where opens and not closes), count(*) filter (where opens and closes), "
        "count(*) filter (where closes and not opens), count(*) filter (where opens), "
        "count(*) filter (where closes) from staged_change",
    )


def _count_rows(conn: psycopg.Connection, parts: dict[str, sql.Composable]) -> int:
    query = "select count(*) from {table} where from_release <= {release} and to_release > {release}"
    return int(_row(conn, sql.SQL(query).format(**parts))[0])


def _count_held(conn: psycopg.Connection, dataset: Dataset, release: Release) -> int:
    query = "select count(*) from release.held where dataset = {} and release_id = {}"
    return int(_row(conn, sql.SQL(query).format(sql.Literal(dataset.name), sql.Literal(release.release_id)))[0])


def _row(conn: psycopg.Connection, query: str | sql.Composed) -> tuple[int, ...]:
    row = conn.execute(query).fetchone()
    assert row is not None
    return tuple(row)


def _bad_key(dataset: Dataset, error: psycopg.Error) -> KeyNotUnique:
    return KeyNotUnique(
        expected=f"one row per {', '.join(dataset.key)}, and neither key nor row_hash empty",
        found=(error.diag.message_detail or str(error)).strip(),
        where=dataset.relation,
        next_step="Correct the model so that its grain is the key; nothing was staged.",
    )
