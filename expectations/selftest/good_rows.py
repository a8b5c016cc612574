"""One good row of every dataset, as a build made it from the demonstration sources, and its relation.

`python -m expectations.selftest.good_rows` takes the rows again from the warehouse of the settings; needed when a rule
looks at a column that the kept rows lack.
"""

import json
import sys
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from connectors.settings import warehouse_dsn
from expectations.guards import relation_name
from expectations.rules import Rulebook, load_rulebooks

FOLDER = Path(__file__).parent / "good_rows"
# Rows that have what rules look at, and that refer to each other.
_LIKE = {
    "land_parcel": "parcel_uid is not null and legal_area_m2 is not null and source_system = 'land_registry'",
    "land_right": "certificate_serial is not null and party_key is not null",
    "land_restriction": "parcel_key is not null and valid_to is not null",
    "party": "kind = 'ORGANISATION'",
    "mineral_licence": "status = 'IN_FORCE' and licence_type = 'EXPL' and boundary_difference_share is not null",
    "environmental_permit": "number is not null and authority_code is not null and status = 'IN_FORCE'",
    "facility": "facility_key = (select facility_key from warehouse.monitoring_station"
    " where facility_key is not null order by station_key limit 1)",
    "monitoring_station": "facility_key is not null",
    "monitoring_hourly": "limit_value is not null and qc_flag = 'COMPLETE'",
    "air_quality_index": "vn_aqi is not null and not is_nowcast_biased_low",
    "air_quality_daily": "vn_aqi is not null",
    "administrative_unit": "level = 'commune' and geom is null",
    "authority": "level = 'PROVINCE' and valid_to is null",
    "procedure_requirement": "is_connected",
}
_COLUMNS = """
select a.attname, format_type(a.atttypid, a.atttypmod) from pg_attribute as a
where a.attrelid = to_regclass(%s) and a.attnum > 0 and not a.attisdropped order by a.attnum
"""


def make_relation(conn: psycopg.Connection, rulebook: Rulebook) -> None:
    """Creates the relation of a dataset, as the builder would own it, with its one good row."""
    content = json.loads((FOLDER / f"{rulebook.dataset.name}.json").read_text(encoding="utf-8"))
    columns = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind in content["types"].items()
    )
    conn.execute(sql.SQL("create table {} ({})").format(relation_name(rulebook), columns))
    conn.execute(
        sql.SQL("insert into {} values ({})").format(
            relation_name(rulebook), sql.SQL(", ").join(map(sql.Literal, content["row"].values()))
        )
    )


def take_rows() -> None:
    """Writes one good row per dataset of the present warehouse to the folder."""
    FOLDER.mkdir(exist_ok=True)
    with psycopg.connect(warehouse_dsn("lt_publisher")) as conn:
        for rulebook in load_rulebooks().values():
            path = FOLDER / f"{rulebook.dataset.name}.json"
            if not conn.execute(_COLUMNS, (rulebook.dataset.relation,)).fetchall():
                print(f"{rulebook.dataset.name}: not built, left as it was")
                continue
            path.write_text(json.dumps(_take(conn, rulebook), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _take(conn: psycopg.Connection, rulebook: Rulebook) -> dict[str, Any]:
    types: dict[str, str] = dict(conn.execute(_COLUMNS, (rulebook.dataset.relation,)).fetchall())
    query = sql.SQL("""
        select {values} from {relation} as r
        where ({like}) and not exists (
            select from quality.row_outcome as o where o.dataset = {name} and o.record_key = {record_key}
        )
        order by {key} limit 1
    """).format(
        values=sql.SQL(", ").join(sql.SQL("r.{}::text").format(sql.Identifier(name)) for name in types),
        relation=relation_name(rulebook),
        like=sql.SQL(_LIKE.get(rulebook.dataset.name, "true")),
        name=sql.Literal(rulebook.dataset.name),
        record_key=sql.SQL(rulebook.dataset.record_key_sql("r")),
        key=sql.SQL(", ").join(sql.Identifier("r", column) for column in rulebook.dataset.key),
    )
    row = conn.execute(query).fetchone()
    if row is None:
        sys.exit(f"{rulebook.dataset.name}: no row like {_LIKE.get(rulebook.dataset.name)}; build and check first")
    return {"types": types, "row": dict(zip(types, row, strict=True))}


if __name__ == "__main__":
    take_rows()
