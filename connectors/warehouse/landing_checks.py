"""Checks of a difference before it is applied: ceilings, keys, and whether coordinates fit the stated system.

Whether one row is right is a rule in `expectations`; here a whole batch is accepted or refused.
"""

from collections import Counter
from collections.abc import Callable, Iterator

import psycopg
from psycopg import sql

from connectors.contracts import SourceContract, TableContract
from connectors.errors import ContractBroken, KeyNotUnique, MarkWentBack, ShrunkTooFar, WrongSrid
from connectors.marks import mark_value
from connectors.warehouse.intake import Intake
from connectors.warehouse.raw_tables import raw_table_name
from connectors.warehouse.row_diff import DiffCounts, stated_geometry

_TOLERATED_SHARE = 0.01
_FEW = 3
_FAR_M = 1000
_METRES = (166_000, 900_000, 834_000, 2_600_000)  # west, south, east, north of Vietnam in a zone of VN-2000
_APPROVE = (
    "Nothing was loaded; the last good data stays. If the owner of the source confirms that the rows are gone, allow "
    "it for exactly these rows with `lienthong approve`."
)


def check_key(conn: psycopg.Connection, table: TableContract, intake: Intake) -> None:
    """Raises `KeyNotUnique` if a key arrived twice; personal key values are not shown."""
    shown = [
        sql.SQL("'***'") if table.column(name).personal != "none" else sql.Identifier("a", name) for name in table.key
    ]
    key = sql.SQL(", ").join(sql.Identifier("a", name) for name in table.key)
    rows = conn.execute(
        sql.SQL("""
            select concat_ws('|', {shown}), count(*), count(*) over () from {rows} as a
            group by {key} having count(*) > 1 order by 1 limit 5
        """).format(shown=sql.SQL(", ").join(shown), rows=intake.rows, key=key)
    ).fetchall()
    if rows:
        raise KeyNotUnique(
            expected=f"each key ({', '.join(table.key)}) once",
            found=f"{rows[0][2]} keys more than once, for example {', '.join(f'{ref} ({n}x)' for ref, n, _ in rows)}",
            where=intake.where,
            next_step="Ask the owner of the source, or choose a key in the contract that tells these rows apart.",
        )


def check_total(
    table: TableContract,
    *,
    total: int,
    live: int,
    where: str,
    shrink_approved: bool = False,
    may_be_empty: bool = False,
) -> None:
    """Raises `ShrunkTooFar` if the source has fewer rows than the contract allows after `live`.

    Nobody can approve that a whole source is empty, or has fewer rows than it must have at least. A partition may be
    (`may_be_empty`) when that was approved, and stays so: an office that was dissolved sends nothing any more.
    """
    volume = table.volume
    if may_be_empty and total == 0 and (shrink_approved or live == 0):
        return
    least = max(volume.min_rows, 1 if live else 0)
    if total < least or (total < live * (1 - volume.max_shrink) and not shrink_approved):
        raise ShrunkTooFar(
            expected=f"at least {max(least, _ceil(live * (1 - volume.max_shrink)))} rows ({live} are loaded)",
            found=f"{total} rows at the source",
            where=where,
            next_step=_APPROVE,
        )


def check_counts(
    table: TableContract, counts: DiffCounts, *, live: int, where: str, deletes_approved: bool = False
) -> None:
    """Raises `ShrunkTooFar` above the ceiling of deletes, `KeyNotUnique` where partitions claim each other's keys."""
    if counts.deleted > live * table.volume.max_delete and not deletes_approved:
        raise ShrunkTooFar(
            expected=f"at most {int(live * table.volume.max_delete)} rows deleted of {live}",
            found=f"{counts.deleted} rows no longer at the source",
            where=where,
            next_step=_APPROVE,
        )
    if counts.moved > max(_FEW, (live + counts.inserted) * max(table.volume.max_delete, _TOLERATED_SHARE)):
        raise KeyNotUnique(
            expected=f"each key ({', '.join(table.key)}) in one partition",
            found=f"{counts.moved} keys that are live in another partition",
            where=where,
            next_step="Put the partition column into the key of the contract; for a real move raise volume.max_delete.",
        )


def check_rejected(table: TableContract, reasons: list[str], *, of: int, where: str) -> None:
    """Raises `ContractBroken` if more rows do not fit the contract than it allows."""
    if len(reasons) > of * table.volume.max_rejected:
        common = ", ".join(f"{reason} ({count} rows)" for reason, count in Counter(reasons).most_common(3))
        raise ContractBroken(
            expected=f"at most {table.volume.max_rejected:.1%} of the rows rejected",
            found=f"{len(reasons)} of {of}: {common}",
            where=where,
            next_step="Nothing was loaded. If the source changed, change the contract; else ask its owner.",
        )


def check_mark(
    table: TableContract, *, loaded: str, found: str | None, count_set_back: Callable[[], int], where: str
) -> str:
    """The mark to keep. It never falls: its newest rows may have been deleted, but rows set back are `MarkWentBack`."""
    assert table.mark is not None
    family = table.column(table.mark.column).typed.family
    fell = found is None or mark_value(found, family) < mark_value(loaded, family)
    if fell and (set_back := count_set_back()):
        raise MarkWentBack(
            expected=f"a highest {table.mark.column} of {loaded} or later",
            found=f"{found}, and {set_back} rows older than they were when loaded",
            where=where,
            next_step="Nothing was loaded. Ask the owner of the source whether it was restored from a backup or its "
            "clock went back; then read everything with --full.",
        )
    return loaded if fell or found is None else found


def check_place(
    conn: psycopg.Connection, contract: SourceContract, table: TableContract, intake: Intake, *, total: int
) -> None:
    """Raises `WrongSrid` if more than 1 % of the rows changed to a place outside the extent, or moved far away."""
    if table.geometry is None:
        return
    raw = sql.Identifier("raw", raw_table_name(contract.system, table.name))
    changed = sql.SQL("""
        select {shape} as shape, w.{geom} as was from pg_temp._diff as d
        join {rows} as a on a.ctid = d.arrived left join {raw} as w on {same} and w._deleted_at is null
    """).format(
        shape=stated_geometry(table, "a"),
        geom=sql.Identifier(table.geometry.column),
        rows=intake.rows,
        raw=raw,
        same=sql.SQL(" and ").join(sql.SQL("w.{0} = a.{0}").format(sql.Identifier(name)) for name in table.key),
    )
    conn.execute("create temporary table _place (srid integer primary key, ground geometry) on commit drop")
    for srid, ground in _grounds(conn, changed, table.geometry.extent):
        conn.execute("insert into pg_temp._place values (%s, %s)", [srid, ground])
    row = conn.execute(
        sql.SQL("""
            select count(*) filter (where coalesce(not c.shape && n.ground, true)), count(*) filter (where
                case when c.shape && n.ground and c.was && o.ground
                and st_srid(c.shape) > 0 and st_srid(c.was) > 0
                and not (st_srid(c.shape) = st_srid(c.was) and c.shape && c.was)
                then st_distancesphere(
                    st_transform(st_centroid(st_envelope(c.shape)), 4326),
                    st_transform(st_centroid(st_envelope(c.was)), 4326)
                ) > %s end)
            from ({changed}) as c
            left join pg_temp._place as n on n.srid = st_srid(c.shape)
            left join pg_temp._place as o on o.srid = st_srid(c.was)
            where not st_isempty(c.shape)
        """).format(changed=changed),
        [_FAR_M],
    ).fetchone()
    assert row is not None
    _refuse_place(table, row[0], row[1], total=total, where=intake.where)


def _refuse_place(table: TableContract, outside: int, moved: int, *, total: int, where: str) -> None:
    assert table.geometry is not None
    tolerated = max(total * _TOLERATED_SHARE, min(_FEW, total - 1))
    stated = table.geometry.srid or f"the one in {table.geometry.srid_column}"
    if outside > tolerated or moved > max(tolerated, _FEW):
        found = f"{outside} of {total} rows outside it" if outside > tolerated else f"{moved} of {total} rows elsewhere"
        expected = f"coordinates within {table.geometry.extent} (west, south, east, north) by their system ({stated})"
        raise WrongSrid(
            expected=expected if outside > tolerated else f"rows at most {_FAR_M} m from where they were loaded",
            found=found,
            where=where,
            next_step="Nothing was loaded. Ask the owner of the source whether the zone, the axes or the unit changed.",
        )


def _grounds(
    conn: psycopg.Connection, changed: sql.Composed, extent: tuple[float, float, float, float]
) -> Iterator[tuple[int, str]]:
    """Where the ground of the contract lies in each stated system; one that PostGIS does not know has none."""
    both = sql.SQL("select distinct st_srid(s) from ({}) as c, unnest(array[c.shape, c.was]) as s where s is not null")
    for (srid,) in conn.execute(both.format(changed)).fetchall():
        if srid == 0:  # the row states no zone: metres of any one
            row = conn.execute("select st_makeenvelope(%s, %s, %s, %s, 0)", _METRES).fetchone()
            assert row is not None
            yield srid, row[0]
            continue
        try:
            with conn.transaction():
                row = conn.execute(
                    "select st_envelope(st_transform("
                    "st_segmentize(st_makeenvelope(%s, %s, %s, %s, 4326), 0.5), %s::int))",
                    [*extent, srid],
                ).fetchone()
        except (psycopg.errors.InternalError_, psycopg.errors.InvalidParameterValue, psycopg.errors.DataError):
            continue
        if row and row[0]:
            yield srid, row[0]


def _ceil(value: float) -> int:
    return int(-(-value // 1))
