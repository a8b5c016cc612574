"""A working day at the mineral cadastre: terms extended, one licence granted, an expired one taken off the list."""

from datetime import datetime

import psycopg

from infra.demo.changes import Changes
from infra.demo.columns import stream
from infra.demo.mineral_cadastre import SYSTEM, corner_columns, licence_columns
from infra.demo.mineral_licences import make_licence
from infra.demo.mineral_sites import make_sites
from infra.demo.source_tables import contract_tables, fill_table

_EXTEND = """
update giay_phep set hieu_luc_den = hieu_luc_den + 30, cap_nhat_luc = %(now)s where giay_phep_id in (
    select giay_phep_id from giay_phep
    where hieu_luc_den > %(now)s::date + 60 and thay_the_boi is null and giay_phep_id <> all (%(faulty)s)
    order by md5(giay_phep_id::text || %(seed)s) limit %(count)s)
returning giay_phep_id
"""
_TAKE_OFF = """
delete from giay_phep where giay_phep_id in (
    select giay_phep_id from giay_phep g
    where hieu_luc_den < %(now)s::date and thay_the_boi is null and giay_phep_id <> all (%(faulty)s)
        and not exists (select from giay_phep o where o.thay_the_boi = g.giay_phep_id)
    order by md5(giay_phep_id::text || %(seed)s) limit 1)
returning giay_phep_id
"""
_TAKE_OFF_CORNERS = "delete from giay_phep_toa_do where giay_phep_id = any (%s) returning giay_phep_id, khoi, thu_tu"
_TAKE_OFF_BOUNDARY = "delete from giay_phep_ranh_gioi where giay_phep_id = any (%s) returning giay_phep_id"


def mutate_minerals(
    connection: psycopg.Connection,
    changes: Changes,
    *,
    share: float,
    seed: int,
    setup_seed: int,
    faulty: list[int],
    now: datetime,
) -> None:
    """Change a few licences in the caller's transaction; free sites are those the setup left over."""
    row = connection.execute("select count(*), max(giay_phep_id) from giay_phep").fetchone()
    assert row is not None
    values = {"now": now, "seed": str(seed), "faulty": faulty, "count": max(3, round(share * row[0]))}
    changes.note(f"{SYSTEM}.licence", "edited", _keys(connection.execute(_EXTEND, values)))
    gone = _keys(connection.execute(_TAKE_OFF, values))
    changes.note(f"{SYSTEM}.licence", "deleted", gone)
    corners = connection.execute(_TAKE_OFF_CORNERS, [gone]).fetchall()
    boundaries = _keys(connection.execute(_TAKE_OFF_BOUNDARY, [gone]))
    changes.note(f"{SYSTEM}.licence_boundary", "deleted", boundaries)
    changes.note(f"{SYSTEM}.licence_corner", "deleted", ["|".join(map(str, corner)) for corner in corners])
    _grant(connection, changes, row[1] + 1, seed=seed, setup_seed=setup_seed, now=now)


def _grant(
    connection: psycopg.Connection, changes: Changes, key: int, *, seed: int, setup_seed: int, now: datetime
) -> None:
    _, away = make_sites(stream(setup_seed, "licences"))
    # The setup used fewer sites than there are keys, so the site of a new key is free.
    site = away[key % len(away)]
    licence = make_licence(key, site, stream(seed, "grant"), number=9000 + key, today=now.date())
    licence = licence.changed(cap_nhat_luc=now.replace(microsecond=0))
    contracts = contract_tables(SYSTEM)
    corners = corner_columns([licence])
    fill_table(connection, contracts["licence"], licence_columns([licence]))
    fill_table(connection, contracts["licence_corner"], corners)
    changes.note(f"{SYSTEM}.licence", "added", [key])
    keys = zip(corners["giay_phep_id"], corners["khoi"], corners["thu_tu"], strict=True)
    changes.note(f"{SYSTEM}.licence_corner", "added", ["|".join(map(str, parts)) for parts in keys])


def _keys(cursor: psycopg.Cursor) -> list[int]:
    return [row[0] for row in cursor.fetchall()]
