"""How every dataset that a check reads is asked for, and records of it held for a while. Not a test."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from expectations.rules import load_rulebook
from tests.integration.answered_province import Province

KEYS = 8
POINT = "jsonb_build_object('geometry', st_asgeojson(st_pointonsurface(r.geom))::jsonb, 'srid', 4756)"
PARCEL = "jsonb_build_object('parcel_key', r.parcel_key)"
BOTH = "jsonb_build_object('{0}', r.{0}, '{1}', r.{1})"
ON_PARCEL = "jsonb_build_object('parcel_key', 'land_registry:1', '{0}', r.{0})"
NUMBER = (
    "jsonb_build_object('parcel', jsonb_build_object("
    "'commune_code', {0}, 'commune_valid_on', '{1}', 'sheet_no', {2}, 'parcel_no', {3}))"
)


ELSEWHERE = (  # it says it lies elsewhere: its coordinates may mean the place asked for, or nobody knows which
    "true as is_geometry_valid, true as is_kind_known, null::geometry as open_outline, false as is_within_register, "
    "st_translate(v.geom, -20, 0) as geom, v.geom as true_place, {} as possible_place"
)
TRUE_POINT = POINT.replace("r.geom", "r.true_place")


@dataclass(frozen=True)
class Asked:
    """How a record of a dataset is asked for: the check that reads it, and the subject as SQL over its row."""

    dataset: str
    procedure: str
    check: str
    subject: str
    where: str = "true"
    facts: str = ""  # what the rulebook looks at and no release publishes

    def __str__(self) -> str:
        return f"{self.dataset}-{self.check}"


ASKED = (
    Asked("land_parcel", "LT-09", "PARCEL_EXISTS", PARCEL),
    Asked("land_parcel", "LT-05", "PARCEL_EXISTS", NUMBER.format(
        "r.commune_code", "2026-01-01", "r.sheet_no", "r.parcel_no")),
    Asked("land_parcel", "LT-01", "NO_PARCEL_OVERLAP", POINT),
    Asked("land_parcel", "LT-11", "NO_LICENCE_OVERLAP", PARCEL),
    Asked("land_parcel_use", "LT-11", "LAND_USE_ALLOWED", PARCEL),
    Asked("land_right", "LT-03", "HOLDER_MATCHES", PARCEL),
    Asked("land_right", "LT-04", "CERTIFICATE_IN_FORCE", BOTH.format("parcel_key", "certificate_serial")),
    Asked("land_restriction", "LT-09", "NO_SEIZURE", "jsonb_build_object('parcel_key', r.parcel_keys[1])"),
    Asked("land_parcel_lineage", "LT-05", "PARCEL_NOT_SUPERSEDED",
        "jsonb_build_object('parcel_key', r.new_parcel_key)"),
    Asked("land_parcel_lineage", "LT-05", "PARCEL_EXISTS", NUMBER.format(
        "'90000'", "2020-01-01", "'77'", "split_part(r.new_parcel_key, ':', 2)"), facts=(
        "array['90000'] as old_commune_codes, '77' as old_sheet_no, "
        "split_part(v.new_parcel_key, ':', 2) as old_parcel_no")),
    Asked("party", "LT-03", "HOLDER_MATCHES", ON_PARCEL.format("party_key")),
    Asked("mineral_licence", "LT-16", "LICENCE_IN_FORCE", "jsonb_build_object('licence_key', r.licence_key)"),
    Asked("mineral_licence", "LT-16", "LICENCE_IN_FORCE", "jsonb_build_object('licence_number', r.number_text)"),
    Asked("mineral_licence", "LT-14", "NO_LICENCE_OVERLAP", POINT),
    # nobody knows whether it is live, and its area is known: no part of it is free
    Asked("mineral_licence", "LT-14", "NO_LICENCE_OVERLAP", POINT, facts=(
        "true as is_geometry_valid, 0 as distance_to_commune_m, null::text[] as stated_commune_names, "
        "true as is_zone_usual, null::integer as suggested_srid, 'UNKNOWN' as status")),
    # its zone is wrong: it may lie anywhere in the commune that it states
    Asked("mineral_licence", "LT-14", "NO_LICENCE_OVERLAP", POINT, facts=(
        "true as is_geometry_valid, 0 as distance_to_commune_m, true as is_zone_usual, 9209 as suggested_srid, "
        "array(select 'commune:' || u.code from release.administrative_unit as u where u.level = 'commune' "
        "and u.valid_to is null and st_intersects(u.geom, v.geom)) as stated_commune_names")),
    Asked("mineral_zone", "LT-14", "NO_RESERVE_ZONE", POINT, where="r.kind = 'RESERVE'"),
    Asked("mineral_zone", "LT-14", "MINERAL_PLANNING_KNOWN", POINT, where="r.kind = 'PLANNING'"),
    Asked("mineral_zone", "LT-14", "AUCTION_ZONES_KNOWN", POINT, where="r.kind = 'AUCTION'"),
    Asked("mineral_zone", "LT-11", "NO_RESERVE_ZONE", "(select jsonb_build_object('parcel_key', p.parcel_key)"
        " from release.land_parcel as p where st_intersects(p.geom, r.geom) limit 1)", where="r.kind = 'RESERVE'"),
    *(Asked("mineral_zone", "LT-14", "NO_RESERVE_ZONE", TRUE_POINT, where="r.kind = 'RESERVE'", facts=ELSEWHERE.format(
        place)) for place in ("v.geom", "null::geometry")),
    *(Asked("protected_area", "LT-14", "NO_PROTECTED_AREA", TRUE_POINT, facts=ELSEWHERE.format(place))
        for place in ("v.geom", "null::geometry")),
    Asked("protected_area", "LT-14", "NO_PROTECTED_AREA", POINT),
    Asked("protected_area", "LT-15", "NO_PROTECTED_AREA", "(select jsonb_build_object('parcel_key', p.parcel_key)"
        " from release.land_parcel as p where st_intersects(p.geom, r.geom) limit 1)"),
    Asked("parcel_constraint", "LT-11", "NO_LICENCE_OVERLAP", PARCEL, where="r.constraint_dataset = 'mineral_licence'"),
    Asked("parcel_constraint", "LT-14", "NO_PROTECTED_AREA", PARCEL, where="r.constraint_dataset = 'protected_area'"),
    Asked("environmental_permit", "LT-22", "PERMIT_IN_FORCE", "jsonb_build_object('permit_key', r.permit_key)"),
    Asked("environmental_permit", "LT-22", "PERMIT_IN_FORCE", "jsonb_build_object('permit_number', r.number_text)"),
    # another permit, which it says it replaced: nothing follows from what is held
    Asked("environmental_permit", "LT-22", "PERMIT_NOT_REPLACED",
        "jsonb_build_object('permit_key', r.former_permit_keys[1])", facts=(
        "array['environment_permits:' || (90 + split_part(v.permit_key, ':', 2)::integer)] as former_permit_keys")),
    Asked("environmental_permit", "LT-11", "FACILITY_PERMITTED", "jsonb_build_object('facility_key', r.facility_key)"),
    Asked("eia_decision", "LT-20", "EIA_APPRAISAL_REQUIRED", "jsonb_build_object('facility_key', r.facility_key)"),
    Asked("eia_decision", "LT-15", "EIA_DECISION_EXISTS", "jsonb_build_object('facility_key', r.facility_key)"),
    Asked("facility", "LT-11", "FACILITY_PERMITTED", ON_PARCEL.format("facility_key")),
    Asked("facility", "LT-21", "FACILITY_ON_PARCEL", ON_PARCEL.format("facility_key")),
    Asked("administrative_unit", "LT-23", "COMMUNE_CODE_VALID",
        "jsonb_build_object('commune_code', r.code, 'commune_valid_on', '2026-01-01')",
        where="r.level = 'commune' and r.valid_to is null"),
    Asked("administrative_unit_change", "LT-05", "PARCEL_EXISTS", NUMBER.format(
        "r.old_code", "2020-01-01", "'77'", "'7'")),
)  # fmt: skip
# Every other dataset, and why no question comes upon one of its records: either no check reads it at all, or ...
READ_BY_NO_CHECK = {
    "air_quality_daily", "air_quality_index", "monitoring_exceedance", "monitoring_hourly", "monitoring_station",
    "authority", "limit_value", "procedure_component",
}  # fmt: skip
READ_OTHERWISE = {
    "procedure": "a rule of it closes the gate: none of its rows is ever held",
    "procedure_requirement": "a rule of it closes the gate: none of its rows is ever held",
    "dataset_coverage": "a rule of it closes the gate: none of its rows is ever held",
    "mineral_constraint_piece": "a part of a licence, zone or area, which is asked for as a whole",
    "land_use_type": "a code that no good row has is unknown to the check, whether a row of it is held or not",
}
FACTS = {
    "mineral_licence": "false as is_geometry_valid, 0 as distance_to_commune_m, null::text[] as stated_commune_names, "
    "true as is_zone_usual, null::integer as suggested_srid",
    "mineral_zone": "false as is_geometry_valid, true as is_kind_known, null::geometry as open_outline, "
    "true as is_within_register, null::geometry as possible_place",
    "protected_area": "false as is_geometry_valid, true as is_kind_known, null::geometry as open_outline, "
    "true as is_within_register, null::geometry as possible_place",
    "environmental_permit": "null::text[] as former_permit_keys",
    "land_parcel_lineage": "null::text[] as old_commune_codes, null as old_sheet_no, null as old_parcel_no",
}
_HOLD = """
insert into quality.row_outcome (dataset, record_key, release_id, outcome, rule_ids, custodian, concerns)
select '{dataset}', {record_key}, p.release_id, 'held', array['Z99'], 'Cơ quan chủ quản',
    array(select c from unnest(({concerns})::text[]) as c where c is not null)
from ({rows}) as r, release.pointer as p
"""
_SHARED = "select dataset, record_key from shared.held_record where 'Z99' = any(rule_ids)"


@contextmanager
def held(here: Province, asked: Asked) -> Iterator[list[tuple[str, dict]]]:
    """Holds some records of a dataset in the current release, and lets them go again; their keys and subjects."""
    book = load_rulebook(asked.dataset)
    table, record_key = f"release.{asked.dataset}", book.dataset.record_key_sql("r")
    extra = asked.facts or FACTS.get(asked.dataset, "")
    facts = {c.split(" as ")[-1] for c in extra.split(", ") if c}
    with psycopg.connect(here.admin_dsn, autocommit=True) as conn:
        columns = [c for c in _columns(conn, table) if c not in facts]
        read = ", ".join([*(f"v.{name}" for name in columns), *([extra] if extra else [])])
        kept = f"select {read} from {table} as v"
        rows = f"select * from ({kept}) as r where {asked.where} order by {record_key} limit {KEYS}"
        found = conn.execute(f"select {record_key}, {asked.subject} from ({rows}) as r").fetchall()
        hold = _HOLD.format(dataset=asked.dataset, record_key=record_key, concerns=book.concerns or "null", rows=rows)
        conn.execute(hold)
        keys = [key for key, _ in found]
        assert len(keys) == KEYS, asked
        gone, served = keys[::2], keys[1::2]
        conn.execute(f"update {table} as r set from_release = from_release + 1 where {record_key} = any(%s)", (gone,))
        conn.execute(f"update {table} as r set is_held = true where {record_key} = any(%s)", (served,))
        for name in ("mineral_constraint_piece", "parcel_constraint"):
            hide = f"update release.{name} set from_release = from_release + 1 where constraint_key = any(%s)"
            conn.execute(hide, (gone,))
        conn.execute(
            "insert into release.held select %s, %s, k, null, k = any(%s::text[]) from unnest(%s::text[]) as k",
            (asked.dataset, here.release, served, keys),
        )
        assert sorted(conn.execute(_SHARED).fetchall()) == sorted((asked.dataset, key) for key in keys)
        try:
            yield found
        finally:
            conn.execute("delete from quality.row_outcome where rule_ids = '{Z99}'")
            conn.execute("delete from release.held")
            for name in {table, "release.mineral_constraint_piece", "release.parcel_constraint"}:
                conn.execute(
                    f"update {name} set from_release = from_release - 1 where from_release > %s", (here.release,)
                )
            conn.execute(f"update {table} set is_held = false where is_held")


def _columns(conn: psycopg.Connection, table: str) -> list[str]:
    return [c.name for c in conn.execute(f"select * from {table} limit 0").description or ()]
