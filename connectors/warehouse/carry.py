"""Datasets that a release did not stage: they stay as readers see them now."""

import psycopg
from psycopg import sql

from connectors.warehouse.release_tables import OPEN_END, RELEASE_COLUMNS, read_columns, release_table

_UNSTAGED = """
select d.dataset from release.dataset as d
where to_regclass('release.' || quote_ident(d.dataset)) is not null and not exists (
    select from release.dataset_release as n where n.dataset = d.dataset and n.release_id = %s
)
"""
_COPY = """
insert into release.dataset_release
select d.dataset, %(release)s, d.row_count, 0, 0, 0, d.held_count, d.source_as_of, d.max_age
from release.dataset_release as d inner join release.pointer as p using (release_id) where d.dataset = %(name)s
"""
_COPY_HELD = """
insert into release.held
select h.dataset, %(release)s, h.record_key, h.last_good_release, h.is_served
from release.held as h inner join release.pointer as p using (release_id) where h.dataset = %(name)s
"""
_COPY_OUTCOME = """
insert into quality.row_outcome (
    dataset, record_key, release_id, outcome, rule_ids, custodian, first_seen_at, concerns, suggestion
)
select
    o.dataset, o.record_key, %(release)s, o.outcome, o.rule_ids, o.custodian, o.first_seen_at, o.concerns, o.suggestion
from quality.row_outcome as o inner join release.pointer as p using (release_id) where o.dataset = %(name)s
on conflict do nothing
"""
# After a rollback the open versions are not what readers see: those are closed, these are stated anew.
_CLOSE = "update {table} set to_release = {release} where to_release = {open_end} and from_release > {base}"
_REOPEN = """
insert into {table} ({columns}, from_release, to_release)
select {columns}, {release}, {open_end} from {table}
where from_release <= {base} and to_release > {base} and to_release < {open_end}
"""


def carry_unstaged(conn: psycopg.Connection, release_id: int) -> None:
    """Take datasets that were published but not staged over into the release, with their held rows and age."""
    for (name,) in conn.execute(_UNSTAGED, (release_id,)).fetchall():
        for statement in (_COPY, _COPY_HELD, _COPY_OUTCOME):
            conn.execute(statement, {"release": release_id, "name": name})
        _restate(conn, name, release_id)


def _restate(conn: psycopg.Connection, name: str, release_id: int) -> None:
    names = [c.name for c in read_columns(conn, f"release.{name}") if c.name not in RELEASE_COLUMNS[2:]]
    row = conn.execute("select release_id from release.pointer").fetchone()
    assert row is not None
    parts: dict[str, sql.Composable] = {
        "table": release_table(name),
        "release": sql.Literal(release_id),
        "base": sql.Literal(row[0]),
        "open_end": sql.Literal(OPEN_END),
        "columns": sql.SQL(", ").join(map(sql.Identifier, names)),
    }
    conn.execute(sql.SQL(_CLOSE).format(**parts))
    conn.execute(sql.SQL(_REOPEN).format(**parts))
