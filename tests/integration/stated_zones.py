"""Synthetic parcels and sites in all 34 provinces, each stated in every one of the 20 VN-2000 zones.

Positions: in Ninh Bình inside the real boundaries of communes; elsewhere around the listed centre of a commune, inside
the real boundary of its province. Of each province the six largest communes (the hardest to tell apart) and six others,
and the islands without an old code in the list. LEFT_OUT and NOT_LISTED cannot be among them; a test shows that nothing
else is left out of the choice.
No parcel has an identifier, so nothing but its place speaks for or against its zone. The true zone is in vpdk, the
province of today in sohieutobando.
"""

import csv
from collections.abc import Iterator

import psycopg

from connectors.settings import project_root, warehouse_dsn
from connectors.warehouse.vn2000 import zones

# Island districts 4 and 6 degrees from the meridian of their province: no usual zone reaches them.
LEFT_OUT = {"20333": "Đặc khu Hoàng Sa", "22736": "Đặc khu Trường Sa"}
# The list gives it the code of another commune, so that no row of it has its centre.
NOT_LISTED = {"06978": "Xã Ba Chẽ"}
SEEDS = project_root() / "dbt_project" / "seeds" / "administrative"
# The true zone: of a record under its old code the one of the former province, under its new code the official one.
SYNTHETIC = """
with old_unit as (
    select distinct on (new_code)
        new_code, new_province_code, lpad(split_part(old_code, '.', 1), 5, '0') as old_code,
        lpad(split_part(old_province_code, '.', 1), 2, '0') as former_province_code,
        st_transform(st_setsrid(st_makepoint(new_longitude, new_latitude), 4326), 4756) as centre,
        sqrt(new_area_km2 / pi()) * 1000 as radius_m, new_area_km2
    from raw.administrative_units__crosswalk
    where new_longitude is not null
        and new_code in (select code from raw.administrative_units__unit_2025 where level = 'commune')
        and new_code <> all (%s::text[])
    order by new_code, old_code is null, md5(row_no::text)
),
ranked as (
    select *,
        row_number() over (partition by new_province_code order by new_area_km2 desc) as by_area,
        row_number() over (partition by new_province_code order by md5(new_code)) as by_chance
    from old_unit
),
province as materialized (
    select code, st_simplify(st_transform(geom, 4756), 0.001) as geom from raw.administrative_units__province_boundary
),
place as materialized (
    select chosen.*, era.code, era.valid_on, zone.epsg as true_srid,
        coalesce(
            (select st_geometryn(st_generatepoints(st_transform(b.geom, 4756), 1, era.n), 1)
                from raw.administrative_units__commune_boundary as b where b.code = new_code),
            (select around from province, st_transform(
                    st_project(
                        centre::geography, radius_m * (abs(hashtext(new_code)) %% 90) / 100.0, era.n * 2.4
                    )::geometry, 4756
                ) as around
                where province.code = new_province_code and st_intersects(province.geom, around)),
            centre
        ) as point
    from ranked as chosen
    cross join lateral (
        values (old_code, date '2020-01-01', 1), (new_code, date '2026-01-01', 2)
    ) as era (code, valid_on, n)
    inner join zone on zone.province_code = case era.n when 1 then former_province_code else new_province_code end
        and zone.is_former = (era.n = 1)
    -- of an island whose old code the list leaves blank, the new one alone; they are few and far out, and all are taken
    where era.code is not null and (by_area <= 6 or by_chance <= 6 or old_code is null)
)
insert into raw.land_registry__parcel (
    thuadatid, vpdk, maxa, maxa_tungay, sohieutobando, sothututhua, dientich, ladoituongchiemdat, dangtranhchap,
    hetoado, tungay, capnhatluc, geom, _row_hash, _batch_id, _change_no, _loaded_at
)
select 100 * row_number() over (partition by stated.srid order by place.new_province_code, place.code, place.valid_on)
        + stated.no,
    place.true_srid::text, place.code, place.valid_on, place.new_province_code, stated.srid::text, 400, false, false,
    stated.srid, '2020-01-01', now(),
    st_setsrid(st_multi(st_expand(st_transform(place.point, place.true_srid), 10)), stated.srid), '', 1, 1, now()
from place
cross join unnest(%s::integer[]) with ordinality as stated (srid, no)
"""
# Each lies at a corner of the parcel it is made from, whose number it bears.
PLACES = """
with place as (
    select thuadatid as id, vpdk as true_srid, maxa, maxa_tungay, sohieutobando as province_code, hetoado as srid,
        st_xmin(geom) as east, st_ymin(geom) as north
    from raw.land_registry__parcel where thuadatid / 100 % 4 = 0
)
"""
SITES = [
    PLACES
    + """
insert into raw.environment_permits__facility (
    co_so_id, ten_co_so, ma_xa, ma_xa_tu_ngay, x, y, he_toa_do, nganh, cap_nhat_luc, _row_hash, _batch_id, _change_no,
    _loaded_at
)
select id, true_srid, maxa, maxa_tungay, round(north::numeric, 2), round(east::numeric, 2), srid, province_code, now(),
    '', 1, 1, now() from place
""",
    PLACES
    + """
insert into raw.monitoring_feed__station (
    ma_tram, ten_tram, loai, ma_xa, ma_xa_tu_ngay, x, y, he_toa_do, don_vi, _row_hash, _batch_id, _change_no, _loaded_at
)
select id, true_srid, 'KHONG_KHI', maxa, maxa_tungay, round(north::numeric, 2), round(east::numeric, 2), srid,
    province_code, '', 1, 1, now() from place
""",
    PLACES
    + """
insert into raw.mineral_cadastre__licence (
    giay_phep_id, so_giay_phep, loai, nhom, khoang_san, ma_xa, ma_xa_tu_ngay, dien_tich_ha, hieu_luc_tu, hieu_luc_den,
    chu_giay_phep, cap_nhat_luc, _row_hash, _batch_id, _change_no, _loaded_at
)
select id, true_srid, 'EXPL', 'III', 'Cát', maxa, maxa_tungay, 0.04, '2020-01-01', '2021-01-01', province_code, now(),
    '', 1, 1, now() from place
""",
    PLACES
    + """
insert into raw.mineral_cadastre__licence_corner (
    giay_phep_id, khoi, thu_tu, ten_diem, x, y, he_toa_do, _row_hash, _batch_id, _change_no, _loaded_at
)
select id, 1, n, 'M' || n, round((north + dy)::numeric, 2), round((east + dx)::numeric, 2), srid, '', 1, 1, now()
from place cross join (values (1, 0, 0), (2, 20, 0), (3, 20, 20), (4, 0, 20)) as corner (n, dx, dy)
""",
]


def _zone_rows() -> Iterator[tuple[str, int, bool]]:
    for name, column in (
        ("former_province_meridians", "former_province_code"),
        ("province_meridians", "province_code"),
    ):
        with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                yield row[column], int(row["epsg"]), name.startswith("former")


def state_parcels_in_every_zone() -> None:
    """Put them into the raw parcels of the land registry; the administrative lists must be loaded."""
    with psycopg.connect(warehouse_dsn("lt_loader")) as connection, connection.cursor() as cursor:
        cursor.execute("create temporary table zone (province_code text, epsg integer, is_former boolean)")
        cursor.executemany("insert into zone values (%s, %s, %s)", list(_zone_rows()))
        cursor.execute("set local jit = off")
        cursor.execute(SYNTHETIC, (list(LEFT_OUT), [int(zone["epsg"]) for zone in zones()]))


def state_sites_in_every_zone() -> None:
    """A facility, a station and a licence of four corners at every fourth place of the parcels, in the same zones."""
    with psycopg.connect(warehouse_dsn("lt_loader")) as connection, connection.cursor() as cursor:
        cursor.execute("set local jit = off")
        for statement in SITES:
            cursor.execute(statement)
