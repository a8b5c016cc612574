"""Parcels that may change on a working day: clean ones, on which nothing rests that a change would move or hide."""

from dataclasses import dataclass
from datetime import datetime

import psycopg
import shapely

# Parcels that a block or a mortgage reaches stay as they are: a split would move the restriction to another parcel.
_CLEAN = """
with blocked as (select loaidoituong, doituongid from dc.dc_thongtinnganchan),
bound as (
    select doituongid as thuadatid from blocked where loaidoituong = 'THUA'
    union select a.thuadatid from dc.dc_taisan a join blocked b
        on b.loaidoituong = 'TAISAN' and b.doituongid = a.taisanid
    union select q.thuadatid from dc.dc_quyensudungdat q join blocked b
        on b.loaidoituong = 'GCN' and b.doituongid = q.gcnid
    union select q.thuadatid from dc.dc_quyensudungdat q join blocked b
        on b.loaidoituong = 'NGUOI' and b.doituongid = q.nguoiid
    union select q.thuadatid from dc.dc_quyensudungdat q join dc.dc_bd_thechap m on m.gcnid = q.gcnid
),
clean as (
    select p.* from dc.dc_thuadat p
    where not p.ladoituongchiemdat and not p.dangtranhchap and st_npoints(p.geom) = 5
        and p.thuadatid <> all (%(faulty)s)
        and not exists (
            select from dc.dc_quyensudungdat q where q.thuadatid = p.thuadatid and q.quyenid = any (%(rights)s)
        )
        and p.capnhatluc < %(now)s - interval '2 hours'
        and not exists (select from dc.dc_tranhchap d where d.thuadatid = p.thuadatid)
        and not exists (select from bound where bound.thuadatid = p.thuadatid)
)
"""
_SINGLE = """
select p.thuadatid, p.mathuadat, p.hetoado, p.dientich::float8, st_asbinary(p.geom)
from clean p
order by md5(p.thuadatid::text || %(seed)s)
limit %(count)s
"""
# Two in a row on one sheet, held under one certificate; neither is the parent that another parcel names.
_PAIRS = """
, shared as materialized (
    select distinct q.thuadatid as one
    from dc.dc_quyensudungdat q
    join dc.dc_quyensudungdat o on o.gcnid = q.gcnid and o.nguoiid = q.nguoiid and o.thuadatid = q.thuadatid + 1
),
named as materialized (select thuagocid from dc.dc_thuadat where thuagocid is not null),
chosen as materialized (select * from clean)
select a.thuadatid, b.thuadatid, st_asbinary(a.geom), st_asbinary(b.geom)
from shared s
join chosen a on a.thuadatid = s.one
join chosen b on b.thuadatid = s.one + 1
    and (b.maxa, b.sohieutobando, b.hetoado) = (a.maxa, a.sohieutobando, a.hetoado)
where a.thuadatid not in (select n.thuagocid from named n) and b.thuadatid not in (select n.thuagocid from named n)
order by md5(a.thuadatid::text || %(seed)s || 'merge')
limit %(count)s
"""


@dataclass(frozen=True)
class Faulty:
    """Ids of parcels and rights that are damaged on purpose and stay as they are."""

    parcels: list[int]
    rights: list[int]


@dataclass(frozen=True)
class Candidate:
    """A clean parcel that may change today."""

    key: int
    uid: str | None
    zone: int
    survey_area: float
    polygon: shapely.Geometry


@dataclass(frozen=True)
class Day:
    """What a day's choice depends on."""

    seed: int
    faulty: Faulty
    now: datetime

    def values(self, count: int) -> dict[str, object]:
        """The parameters of the queries here."""
        return {
            "faulty": self.faulty.parcels,
            "rights": self.faulty.rights,
            "seed": str(self.seed),
            "count": count,
            "now": self.now,
        }


def single_parcels(connection: psycopg.Connection, day: Day, count: int) -> list[Candidate]:
    """At most `count` clean parcels with four corners, by chance."""
    rows = connection.execute(_CLEAN + _SINGLE, day.values(count)).fetchall()
    return [Candidate(row[0], row[1], row[2], row[3], _polygon(row[4])) for row in rows]


def neighbours(
    connection: psycopg.Connection, day: Day, count: int
) -> list[tuple[int, int, shapely.Geometry, shapely.Geometry]]:
    """Pairs of such parcels, key and polygon of both, next to each other by number; not all of them touch."""
    rows = connection.execute(_CLEAN + _PAIRS, day.values(count)).fetchall()
    return [(row[0], row[1], _polygon(row[2]), _polygon(row[3])) for row in rows]


def _polygon(wkb: bytes) -> shapely.Geometry:
    return shapely.from_wkb(wkb).geoms[0]
