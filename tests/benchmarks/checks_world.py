"""A made-up province of any number of parcels, published without a build: what checks and look-ups are measured on.

Parcels stand in a square of communes; about one in nine is restricted, one in twenty lies in a licence or zone. Of 60
zones six have more than 50,000 corners; twelve areas are protected. Keys, codes and numbers follow from the number of
the parcel.
"""

import psycopg

from connectors.settings import warehouse_dsn
from tests.benchmarks.released_tables import CATALOGUE, make_catalogue, make_relations, publish

DATASETS = (
    "administrative_unit", "administrative_unit_change", "land_parcel", "land_parcel_use", "land_right",
    "land_restriction", "land_parcel_lineage", "party", "mineral_licence", "mineral_zone", "protected_area",
    "mineral_constraint_piece", "parcel_constraint", "facility", "environmental_permit", "eia_decision",
)  # fmt: skip
WEST, SOUTH, WIDTH = 105.6, 20.0, 0.6
COMMUNES_A_SIDE = 10
LICENCES, DETAILED, ZONES, PROTECTED_AREAS = 400, 6, 60, 12
TAX_CODE = "0107094917"
_KINDS = "array['PROHIBITED', 'TEMPORARILY_PROHIBITED', 'RESERVE', 'PLANNING', 'AUCTION']"
_NATURE = "array['NATIONAL_PARK', 'NATURE_RESERVE', 'LANDSCAPE', 'RAMSAR']"
_TYPES = "array['MINE', 'EXPL', 'SALV', 'G4']"


def make_world(parcels: int) -> int:
    """Fill and publish everything in the warehouse that the settings point at; the number of the release."""
    side = int(parcels**0.5)
    with psycopg.connect(warehouse_dsn("lt_builder"), autocommit=True) as conn:
        make_relations(conn, *DATASETS)
        conn.execute(_UNITS.format(side=COMMUNES_A_SIDE, west=WEST, south=SOUTH, step=WIDTH / COMMUNES_A_SIDE))
        make_catalogue(conn)
        conn.execute(_CONSTRAINTS.format(
            licences=LICENCES, zones=ZONES, areas=PROTECTED_AREAS, detailed=DETAILED, kinds=_KINDS, types=_TYPES,
            nature=_NATURE,
        ))  # fmt: skip
    with psycopg.connect(warehouse_dsn("owner")) as conn:
        conn.execute("grant select on all tables in schema warehouse, staging to lt_publisher")
    return publish(*DATASETS, *CATALOGUE, fill=_content(side))


def place_of(number: int, parcels: int) -> tuple[float, float, float]:
    """West and south edge of a parcel and its width, degrees."""
    side = int(parcels**0.5)
    step = WIDTH / side
    return WEST + number % side * step, SOUTH + number // side * step, step * 0.9


_UNITS = """
create table warehouse.world_unit as
select format('9%04s', i * {side} + j) as code, i, j,
    st_multi(st_segmentize(
        st_makeenvelope(
            {west} + i * {step}, {south} + j * {step}, {west} + (i + 1) * {step}, {south} + (j + 1) * {step}, 4756
        ),
        {step} / 200
    ))::geometry(multipolygon, 4756) as geom
from generate_series(0, {side} - 1) as i, generate_series(0, {side} - 1) as j;
update warehouse.world_unit set code = replace(code, ' ', '0');
insert into warehouse.administrative_unit (code, valid_from, level, name, full_name, parent_code, geom)
select code, date '2025-07-01', 'commune', 'Xã ' || code, 'Xã ' || code, '37', geom from warehouse.world_unit
union all
select code, date '2004-07-08', 'commune', 'Xã cũ ' || code, 'Xã cũ ' || code, '347', null from warehouse.world_unit
union all
select '37', date '2025-07-01', 'province', 'Ninh Bình', 'Tỉnh Ninh Bình', null,
    st_multi(st_segmentize(
        st_makeenvelope({west}, {south}, {west} + {side} * {step}, {south} + {side} * {step}, 4756), 0.0003
    ));
update warehouse.administrative_unit set valid_to = '2025-06-30' where valid_from = '2004-07-08'
"""
_CONSTRAINTS = """
create table warehouse.world_constraint as
select 'mineral_licence' as dataset, 'mineral_cadastre:' || i as key, ({types})[1 + i % 4] as kind,
    st_buffer(
        st_setsrid(st_makepoint(105.62 + (i * 37 % 560) / 1000.0, 20.02 + (i * 53 % 560) / 1000.0), 4756), 0.004, 6
    ) as geom
from generate_series(1, {licences}) as i
union all
select 'mineral_zone', 'mineral_cadastre:' || i, ({kinds})[1 + i % 5],
    st_buffer(st_setsrid(st_makepoint(105.62 + (i * 91 % 560) / 1000.0, 20.02 + (i * 17 % 560) / 1000.0), 4756), 0.008,
        case when i <= {detailed} then 13000 else 24 end)
from generate_series(1, {zones}) as i
union all
select 'protected_area', 'protected_areas:' || i, ({nature})[1 + i % 4],
    st_buffer(
        st_setsrid(st_makepoint(105.62 + (i * 67 % 560) / 1000.0, 20.02 + (i * 211 % 560) / 1000.0), 4756), 0.01, 90
    )
from generate_series(1, {areas}) as i;
create table warehouse.world_piece as
select dataset, key, kind, row_number() over (partition by dataset, key)::integer as piece_no, geom
from (select dataset, key, kind, st_subdivide(geom, 64) as geom from warehouse.world_constraint) as s;
create index on warehouse.world_piece using gist (geom);
analyze warehouse.world_piece
"""


def _content(side: int) -> dict[str, str]:
    step = WIDTH / side
    number = f"select n, n % {side} as i, n / {side} as j from generate_series(0, {side * side - 1}) as n"
    n = COMMUNES_A_SIDE
    commune = f"'9' || lpad((i * {n} / {side} * {n} + j * {n} / {side})::text, 4, '0')"
    key = "'land_registry:' || n"
    return {
        "administrative_unit": (
            "select code, valid_from, valid_to, level, name, full_name, parent_code, geom "
            "from warehouse.administrative_unit"
        ),
        "administrative_unit_change": (
            "select code as old_code, code as new_code, date '2025-07-01' as effective_on, 'MERGED' as kind "
            "from warehouse.world_unit"
        ),
        "land_parcel": f"""
            select {key} as parcel_key, 'land_registry' as source_system, n::bigint as parcel_id,
                {commune} as commune_code, {commune} as source_commune_code,
                date '2026-01-01' as source_commune_valid_on,
                (n / 1000)::text as sheet_no, (n % 1000)::text as parcel_no,
                100.0 as survey_area_m2, 100.0 as legal_area_m2,
                'ONT' as main_land_use_code, n % 500 = 7 as is_disputed,
                st_multi(st_makeenvelope({WEST} + i * {step}, {SOUTH} + j * {step},
                    {WEST} + (i + 0.9) * {step}, {SOUTH} + (j + 0.9) * {step}, 4756)) as geom
            from ({number}) as p""",
        "land_parcel_use": f"""
            select {key} as parcel_key, 1::bigint as seq, 'land_registry' as source_system,
                (array['ONT', 'CLN', 'LUC'])[1 + n % 3] as land_use_code, 'ONT' as planned_use_code, 100.0 as area_m2,
                case when n % 50 = 3 then date '2020-01-01' end as term_until from ({number}) as p""",
        "land_right": f"""
            select {key} as right_key, {key} as parcel_key, 'AA ' || lpad(n::text, 8, '0') as certificate_serial,
                case when n % 25 = 4 then 'LEASE' else 'USE' end as right_type, 'party' || n % 200000 as party_key,
                case when n % 40 = 5 then 'WITHDRAWN' else 'IN_FORCE' end as status from ({number}) as p""",
        "land_restriction": f"""
            select 'land_registry:R:' || n as restriction_key, 'land_registry' as source_system, {key} as parcel_key,
                array[{key}] as parcel_keys, (array['MORTGAGE', 'MORTGAGE', 'SEIZURE', 'BLOCK'])[1 + n / 9 % 4] as kind,
                (array['PARCEL', 'CERTIFICATE', 'PERSON', 'ASSET'])[1 + n / 36 % 4] as subject_type, true as is_active,
                date '2026-01-01' as valid_from from ({number}) as p where n % 9 = 0""",
        "land_parcel_lineage": f"""
            select 'land_registry:' || (n + 100000000) as old_parcel_key, {key} as new_parcel_key,
                date '2026-01-01' as effective_on, 'SPLIT' as kind from ({number}) as p where n % 100 = 0
            union all
            select 'land_registry:13', 'land_registry:14', date '2026-01-01', 'SPLIT'""",
        "party": (
            "select 'party' || n as party_key, case when n % 25 = 0 then 'ORGANISATION' else 'PERSON' end as kind, "
            f"case when n = 0 then '{TAX_CODE}' end as organisation_tax_code, "
            "case when n % 25 = 0 then 'Công ty ' || n end as organisation_name from generate_series(0, 199999) as n"
        ),
        "mineral_licence": f"""
            select key as licence_key, 'mineral_cadastre' as source_system, split_part(key, ':', 2) as number,
                'GP' as symbol, 'UBND' as issuer, split_part(key, ':', 2) || '/GP-UBND' as number_text,
                date '2026-01-01' as issued_on,
                kind as licence_type, 'III' as mineral_group, '{TAX_CODE}' as holder_tax_code, 'IN_FORCE' as status,
                date '2026-01-01' as valid_from, date '2040-01-01' as valid_to, key like '%:399' as needs_reissue,
                case when key like '%:399' then date '2026-07-01' end as reissue_by,
                st_multi(geom) as geom
            from warehouse.world_constraint where dataset = 'mineral_licence'""",
        "mineral_zone": (
            "select key as zone_key, 'mineral_cadastre' as source_system, kind, st_multi(geom) as geom "
            "from warehouse.world_constraint where dataset = 'mineral_zone'"
        ),
        "protected_area": (
            "select key as protected_area_key, 'protected_areas' as source_system, kind, 'IN_FORCE' as status, "
            "date '2010-01-01' as valid_from, st_multi(geom) as geom "
            "from warehouse.world_constraint where dataset = 'protected_area'"
        ),
        "mineral_constraint_piece": (
            "select dataset as constraint_dataset, key as constraint_key, piece_no, kind, st_multi(geom) as geom "
            "from warehouse.world_piece"
        ),
        "parcel_constraint": f"""
            select distinct {key} as parcel_key, c.dataset as constraint_dataset, c.key as constraint_key, c.kind,
                50.0 as overlap_area_m2, 0.5 as overlap_share,
                case when n = 176 and c.key = 'mineral_cadastre:44' then 'INSIDE' else 'PARTLY' end as relation
            from ({number}) as p
            inner join warehouse.world_piece as c on st_intersects(
                c.geom, st_setsrid(st_makepoint({WEST} + (i + 0.45) * {step}, {SOUTH} + (j + 0.45) * {step}), 4756))""",
        "facility": f"""
            select 'environment_permits:' || n as facility_key, '{TAX_CODE}' as operator_tax_code,
                st_setsrid(st_makepoint({WEST} + 0.0001, {SOUTH} + 0.0001), 4756) as geom
            from generate_series(0, 199) as n""",
        "environmental_permit": """
            select 'environment_permits:' || n as permit_key, n::text as number, 'GPMT' as symbol, 'UBND' as issuer,
                n || '/GPMT-UBND' as number_text, date '2026-01-01' as issued_on,
                'environment_permits:' || n as facility_key,
                'II' as project_group, (array['IN_FORCE', 'EXPIRED', 'REPLACED'])[1 + n % 3] as status,
                date '2033-01-01' as valid_to
            from generate_series(0, 199) as n""",
        "eia_decision": """
            select 'environment_permits:eia:' || n as decision_key, n::text as number, 'QĐ' as symbol, 'UBND' as issuer,
                date '2025-01-01' as decided_on, 'environment_permits:' || n as facility_key
            from generate_series(0, 199, 2) as n""",
    }
