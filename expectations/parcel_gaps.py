"""Gaps between the parcels of a commune: slivers of ground that parcels enclose and none covers.

Neighbours that were surveyed apart leave them. They are reported and hold nothing back: a gap does not say which parcel
is wrong. Joining 200,000 parcels takes seconds: the nightly run looks for them, and the report of a release shows the
newest survey.
"""

from dataclasses import dataclass
from datetime import datetime

import psycopg

from connectors.warehouse.connect import connect

MOST_SHOWN = 50
# Parcels that do not lie where their coordinates say enclose nothing. One commune is joined at a time, by the workers.
_JOIN = """
create temporary table joined on commit drop as
select commune_code, count(*) as parcels, st_union(geom) as geom
from warehouse.land_parcel
where
    commune_code is not null and not is_geometry_empty and not axes_swapped and is_zone_usual is not false
    and is_datum_shift_missing is not true and coordinate_error is null and suggested_srid is null and geom is not null
group by commune_code
"""
# What another parcel covers after all (one of the commune beside it, or one in doubt) is no gap.
_KEEP = """
with parameter as (
    select name, value from staging.derivation_parameter
    where (now() at time zone 'Asia/Ho_Chi_Minh')::date between valid_from and coalesce(valid_to, 'infinity'::date)
),
hole as (
    select j.commune_code, st_makepolygon(st_interiorringn(part.geom, ring_no)) as geom
    from joined as j
    cross join lateral st_dump(j.geom) as part
    cross join lateral generate_series(1, st_numinteriorrings(part.geom)) as ring_no
),
sized as (
    select commune_code, geom, round(st_area(geom::geography)::numeric, 2) as area_m2 from hole
),
gap as (
    select s.* from sized as s
    where
        s.area_m2 >= (select value from parameter where name = 'gap_smallest_m2')
        and s.area_m2 <= (select value from parameter where name = 'gap_largest_m2')
        and not exists (
            select from warehouse.land_parcel as p
            where p.geom && s.geom and st_relate(p.geom, s.geom, '2********')
        )
)
insert into intermediate.parcel_gap (commune_code, gap_no, area_m2, parcel_keys, geom)
select
    g.commune_code,
    row_number() over (partition by g.commune_code order by g.area_m2 desc, st_geohash(st_pointonsurface(g.geom))),
    g.area_m2,
    (
        select coalesce(array_agg(p.parcel_key order by p.parcel_key), '{}')
        from warehouse.land_parcel as p where p.geom && g.geom and st_intersects(p.geom, g.geom)
    ),
    g.geom
from gap as g
"""
_READ = """
select
    g.commune_code, (
        select u.full_name from warehouse.administrative_unit as u
        where u.code = g.commune_code and u.level = 'commune' and u.valid_to is null
    ),
    g.area_m2, g.parcel_keys, round(st_x(st_pointonsurface(g.geom))::numeric, 6)::text,
    round(st_y(st_pointonsurface(g.geom))::numeric, 6)::text
from intermediate.parcel_gap as g
order by g.area_m2 desc, g.commune_code, g.gap_no
limit %s
"""


@dataclass(frozen=True)
class Gap:
    """A gap: its commune, its area, the parcels around it, and a point in it (EPSG:4756, degrees)."""

    commune_code: str
    commune: str | None
    area_m2: float
    parcel_keys: list[str]
    longitude: str
    latitude: str


@dataclass(frozen=True)
class GapSurvey:
    """The newest survey: when, between how many parcels, how many gaps of what area, and the largest of them."""

    surveyed_at: datetime
    parcels: int
    gaps: int
    area_m2: float
    largest: list[Gap]


def survey_gaps() -> int:
    """Looks for gaps between all parcels of the warehouse and keeps them in place of those found before; how many."""
    with connect("lt_builder") as conn:
        conn.execute(_JOIN)
        conn.execute("delete from intermediate.parcel_gap")
        found = conn.execute(_KEEP).rowcount
        conn.execute("delete from intermediate.gap_survey")
        conn.execute("insert into intermediate.gap_survey select now(), coalesce(sum(parcels), 0) from joined")
    return found


def read_survey(conn: psycopg.Connection) -> GapSurvey | None:
    """The newest survey; None before the first."""
    row = conn.execute("""
        select s.surveyed_at, s.parcels, count(g.area_m2), coalesce(sum(g.area_m2), 0)::float8
        from intermediate.gap_survey as s left join intermediate.parcel_gap as g on true
        group by s.surveyed_at, s.parcels
    """).fetchone()
    if row is None:
        return None
    surveyed_at, parcels, gaps, area_m2 = row
    largest = [Gap(*found) for found in conn.execute(_READ, (MOST_SHOWN,))]
    return GapSurvey(surveyed_at, parcels, gaps, area_m2, largest)
