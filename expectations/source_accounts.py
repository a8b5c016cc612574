"""Which dataset accounts for the rows of which source tables, declared to the database for the balance of a release.

The balance itself is counted there when the dataset is staged (`connectors/warehouse/ddl/121_counted_rows.sql`).
"""

import psycopg
from psycopg import sql

from connectors.errors import ContractInvalid
from expectations.rules import Rulebook

FEW_ROWS = 50  # a change of so few rows says nothing about a partition

_FORGET = "delete from release.source_account where dataset = %s and source <> all(%s::text[])"
_LOADED = "select distinct s from unnest(%s::text[]) as s inner join raw._batch on s = system || '.' || table_name"
_DECLARE = """
insert into release.source_account as a (source, dataset, query, remainder, is_record) values (%s, %s, %s, %s, %s)
on conflict (source) do update set
    dataset = excluded.dataset, query = excluded.query, remainder = excluded.remainder, is_record = excluded.is_record
where (a.dataset, a.query, a.remainder, a.is_record)
    is distinct from (excluded.dataset, excluded.query, excluded.remainder, excluded.is_record)
"""


def declare_accounts(conn: psycopg.Connection, rulebook: Rulebook) -> None:
    """Notes how the source rows of a dataset are counted; raises `ContractInvalid` where that cannot be evaluated.

    A table that was never loaded has no rows to account for.
    """
    name = rulebook.dataset.name
    loaded = {source for (source,) in conn.execute(_LOADED, (list(rulebook.rows_of),))}
    conn.execute(_FORGET, (name, list(loaded)))
    for source, rows in rulebook.rows_of.items():
        if source not in loaded:
            continue
        _try(conn, rulebook, source)
        conn.execute(_DECLARE, (source, name, rows.query, rows.remainder, rows.is_record))


def unaccounted_sql(rulebook: Rulebook, release_id: int) -> str:
    """A part of G04: source rows that went missing or appeared, and declared tables that were not counted."""
    return (
        sql.SQL("""(
            select coalesce(sum(greatest(abs(c.unaccounted), (c.source is null)::int)), 0)
            from unnest({sources}::text[]) as s (source)
            left join release.conservation as c on c.source = s.source and c.release_id = {release_id}
            where c.source is not null or exists (
                select from raw._batch as b where b.system || '.' || b.table_name = s.source
            )
        )""")
        .format(sources=sql.Literal(list(rulebook.rows_of)), release_id=sql.Literal(release_id))
        .as_string(None)
    )


def out_of_bounds_sql(rulebook: Rulebook, release_id: int) -> str:
    """A part of G02: partitions of the sources whose rows shrank or grew too far since the release before, or vanished.

    A partition that had rows and has none is counted however few they were, and also when nothing at all is said of it
    any more, while its source is counted. Rows whose delete a person approved for a batch of this release are not
    missed: of the partition of that batch, and no more of them than were approved.
    """
    return (
        sql.SQL("""(
            select count(*)
            from release.release as r
            inner join release.conservation as l on r.base_release = l.release_id
            left join release.conservation as c
                on r.release_id = c.release_id and l.source = c.source and l.partition = c.partition
            cross join lateral (
                select coalesce(sum(a.deleted), 0) as rows from quality.approved_delete as a
                where a.release_id = r.release_id and a.source = l.source and a.partition = l.partition
            ) as approved
            where
                r.release_id = {release_id} and l.dataset = {dataset} and coalesce(c.dataset, l.dataset) = {dataset}
                and (
                    (
                        abs((c.published + c.held) - (l.published + l.held)) > {few}
                        and (c.published + c.held) not between
                        (1 - {max_shrink}) * (l.published + l.held - approved.rows)
                        and (1 + {max_growth}) * (l.published + l.held)
                    )
                    or (
                        l.live_rows > approved.rows and coalesce(c.live_rows, 0) = 0
                        and l.source = any({must_stay}::text[])
                        and exists (
                            select from release.conservation as s
                            where s.release_id = r.release_id and s.source = l.source
                        )
                    )
                )
        )""")
        .format(
            release_id=sql.Literal(release_id),
            dataset=sql.Literal(rulebook.dataset.name),
            few=sql.Literal(FEW_ROWS),
            must_stay=sql.Literal([source for source, rows in rulebook.rows_of.items() if not rows.may_vanish]),
            max_shrink=sql.Literal(rulebook.guards.max_shrink),
            max_growth=sql.Literal(rulebook.guards.max_growth),
        )
        .as_string(None)
    )


def _try(conn: psycopg.Connection, rulebook: Rulebook, source: str) -> None:
    try:
        with conn.transaction():
            conn.execute(sql.SQL("select * from ({}) as s limit 0").format(sql.SQL(rulebook.rows_of[source].query)))
    except (psycopg.ProgrammingError, psycopg.DataError) as error:
        raise ContractInvalid(
            expected="rows_of that can be evaluated: from, key, partition, fate",
            found=f"{source}: {str(error).splitlines()[0]}",
            where=str(rulebook.path),
            next_step="Correct the rulebook; nothing was staged.",
        ) from error
