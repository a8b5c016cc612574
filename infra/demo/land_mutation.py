"""A working day at the land registry: areas, identifiers, parcels split and merged, mortgages discharged.

Clean rows stay clean: sums, numbers and shapes agree afterwards. Damaged rows are left alone.
"""

from datetime import datetime

import numpy as np
import psycopg

from infra.demo import geohash
from infra.demo.changes import Changes
from infra.demo.columns import stream
from infra.demo.land_candidates import Candidate, Day, Faulty, single_parcels
from infra.demo.land_mergers import merge_parcels
from infra.demo.land_splits import split_parcels
from infra.demo.territory import geodesic_area, to_zone

PARCEL, USE = "land_registry.parcel", "land_registry.land_use"
SPLIT_SHARE, MERGE_SHARE, LATE_SHARE = 0.1, 0.05, 0.05


def mutate_land(
    connection: psycopg.Connection, changes: Changes, *, share: float, seed: int, faulty: Faulty, now: datetime
) -> None:
    """Change about `share` of the parcels, and what hangs on them, in the caller's transaction."""
    rng = stream(seed, "mutate", "land")
    total = connection.execute("select count(*) from dc.dc_thuadat").fetchone()
    assert total is not None
    count = max(20, round(share * total[0]))
    day = Day(seed, faulty, now)
    parcels = single_parcels(connection, day, count)
    split, late = max(2, int(count * SPLIT_SHARE)), max(1, int(count * LATE_SHARE))
    _commit_late(connection, changes, parcels[:late], rng)
    split_parcels(connection, changes, [(p.key, p.zone, p.polygon) for p in parcels[late : late + split]], now=now)
    rest = parcels[late + split :]
    _assign_identifiers(connection, changes, [p for p in rest[::3] if p.uid is None], now)
    _resurvey(connection, changes, rest[1::3], rng=rng, now=now)
    _correct_legal_area(connection, changes, [p.key for p in rest[2::3]], now)
    _change_restrictions(connection, changes, max(2, count // 50), seed=seed, now=now)
    merge_parcels(connection, changes, day, max(1, int(count * MERGE_SHARE)))


def _commit_late(
    connection: psycopg.Connection, changes: Changes, parcels: list[Candidate], rng: np.random.Generator
) -> None:
    """Edits whose time of update lies twenty minutes before the latest one of their register office."""
    statement = """
    update dc.dc_thuadat p set dientich = %s,
        capnhatluc = (select max(o.capnhatluc) from dc.dc_thuadat o where o.vpdk = p.vpdk) - interval '20 minutes'
    where thuadatid = %s
    """
    with connection.cursor() as cursor:
        cursor.executemany(statement, [(_measure(p, rng), p.key) for p in parcels])
    changes.note_late(PARCEL, [p.key for p in parcels])


def _resurvey(
    connection: psycopg.Connection,
    changes: Changes,
    parcels: list[Candidate],
    *,
    rng: np.random.Generator,
    now: datetime,
) -> None:
    statement = "update dc.dc_thuadat set dientich = %s, capnhatluc = %s where thuadatid = %s"
    with connection.cursor() as cursor:
        cursor.executemany(statement, [(_measure(p, rng), now, p.key) for p in parcels])
    changes.note(PARCEL, "edited", [p.key for p in parcels])


def _measure(parcel: Candidate, rng: np.random.Generator) -> float:
    """Another survey area within 0.3 % of the geodesic one."""
    area = round(float(geodesic_area(parcel.polygon)) * (1 + rng.uniform(-0.002, 0.002)), 1)
    return area if area != parcel.survey_area else round(area + 0.1, 1)


def _assign_identifiers(
    connection: psycopg.Connection, changes: Changes, parcels: list[Candidate], now: datetime
) -> None:
    rows = []
    for parcel in parcels:
        centre = parcel.polygon.centroid
        point = to_zone(parcel.zone).transform(centre.x, centre.y, direction="INVERSE")
        uid = geohash.encode(np.array([point[0]]), np.array([point[1]]))[0]
        rows.append((str(uid), now, parcel.key))
    with connection.cursor() as cursor:
        cursor.executemany("update dc.dc_thuadat set mathuadat = %s, capnhatluc = %s where thuadatid = %s", rows)
    changes.note(PARCEL, "edited", [parcel.key for parcel in parcels])


def _correct_legal_area(connection: psycopg.Connection, changes: Changes, keys: list[int], now: datetime) -> None:
    """The legal area and the area of the main use grow by half a square metre each."""
    connection.execute(
        "update dc.dc_thuadat set dientichphaply = dientichphaply + 0.5, capnhatluc = %s where thuadatid = any (%s)",
        [now, keys],
    )
    rows = connection.execute(
        "update dc.dc_mucdichsudungdat set dientich = dientich + 0.5, capnhatluc = %s"
        " where lamucdichchinh and thuadatid = any (%s) returning mdsdid",
        [now, keys],
    ).fetchall()
    changes.note(PARCEL, "edited", keys)
    changes.note(USE, "edited", [row[0] for row in rows])


_DISCHARGE = """
update dc.dc_bd_thechap set ngayxoa = %(now)s::date, capnhatluc = %(now)s where thechapid in (
    select thechapid from dc.dc_bd_thechap where ngayxoa is null and thechapid > 10 and ngaythechap < %(now)s::date
    order by md5(thechapid::text || %(seed)s) limit %(count)s)
returning thechapid
"""
_MORTGAGE = """
insert into dc.dc_bd_thechap
    (thechapid, vpdk, gcnid, nguoiid, bennhanthechap, sodangky, ngaythechap, ngayketthuc, ngayxoa, capnhatluc)
select last.id + row_number() over (order by q.quyenid), q.vpdk, q.gcnid, q.nguoiid, 'Ngân hàng TMCP Hoa Lư',
    'TC-' || (last.id + row_number() over (order by q.quyenid)), %(now)s::date, %(now)s::date + 3650, null, %(now)s
from (select max(thechapid) as id from dc.dc_bd_thechap) last, (
    select * from dc.dc_quyensudungdat
    where gcnid is not null
    order by md5(quyenid::text || %(seed)s)
    limit %(count)s
) q
returning thechapid
"""
# Only where many are left: one of a handful would look like a mass delete.
_SETTLED = """
delete from dc.dc_tranhchap where tranhchapid in (
    select tranhchapid from dc.dc_tranhchap d where not contranhchap and thuadatid <> 999999999
        and (select count(*) from dc.dc_tranhchap o where o.vpdk = d.vpdk) > 12
    order by md5(tranhchapid::text || %(seed)s) limit 1)
returning tranhchapid
"""


def _change_restrictions(
    connection: psycopg.Connection, changes: Changes, count: int, *, seed: int, now: datetime
) -> None:
    """Mortgages are discharged and registered; a settled dispute leaves the books."""
    values = {"now": now, "seed": str(seed), "count": count}
    for table, kind, statement in (
        ("mortgage", "edited", _DISCHARGE),
        ("mortgage", "added", _MORTGAGE),
        ("dispute", "deleted", _SETTLED),
    ):
        rows = connection.execute(statement, values).fetchall()
        changes.note(f"land_registry.{table}", kind, [row[0] for row in rows])
