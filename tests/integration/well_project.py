"""A project of one table: contract, model and rulebook in a folder of their own, and its raw rows."""

from pathlib import Path

import psycopg
import yaml

from connectors.warehouse.raw_tables import ensure_all_raw_tables
from tests.integration.gate_warehouse import HEADER, rule

CONTRACT = """
system: well_register
title: {vi: "Giếng", en: "Wells"}
owner: {agency: "Sở Nông nghiệp và Môi trường", steward: "Chi cục Thủy lợi"}
legal_basis: "Luật Tài nguyên nước 28/2023/QH15"
access: {kind: sql, connection: well_register}
schedule: "0 1 * * *"
timezone: Asia/Ho_Chi_Minh
tables:
  well:
    source: dc.well
    meaning: "Wells."
    key: [well_id]
    mode: snapshot
    columns:
      well_id: {type: bigint, nullable: false, meaning: "id"}
      depth_m: {type: "numeric(6,1)", unit: m, meaning: "depth"}
    freshness: {warn: P2D, stop: P7D}
    volume: {min_rows: 1, max_shrink: 0.5, max_delete: 0.5}
"""
MODEL = """
select
    'well_register:' || well_id as well_key, depth_m, 100::numeric as depth_limit_m,
    sha256(convert_to(row(well_id, depth_m)::text, 'UTF8')) as row_hash
from raw.well_register__well where _deleted_at is null
"""
PROFILE = Path(__file__).parents[2] / "dbt_project" / "profiles.yml"
DBT_PROJECT = "{name: wells, version: '1.0.0', profile: lienthong, models: {wells: {+materialized: table}}}"
RULES = (rule("W01", "depth_m < depth_limit_m"), rule("W02", "depth_m is not null", severity="block"))


class WellProject:
    """A project folder with one source table, one model and one rulebook, and its raw rows."""

    def __init__(self, root: Path, loader: psycopg.Connection) -> None:
        self.root, self.loader, self.batches = root, loader, 0
        for place, text in {
            "connectors/sources/well_register.yml": CONTRACT,
            "dbt_project/dbt_project.yml": DBT_PROJECT,
            "dbt_project/profiles.yml": PROFILE.read_text(encoding="utf-8"),
            "dbt_project/models/well.sql": MODEL,
            "expectations/rules/well.yml": yaml.safe_dump(HEADER | {"rules": list(RULES)}, allow_unicode=True),
        }.items():
            self.write(place, text)
        ensure_all_raw_tables()

    def write(self, place: str, text: str) -> None:
        """Writes one file of the project."""
        (self.root / place).parent.mkdir(parents=True, exist_ok=True)
        (self.root / place).write_text(text, encoding="utf-8")

    def load(self, **wells: float | None) -> None:
        """Loads wells as a batch would, by number and depth: `w1=30`."""
        self.batches += 1
        for name, depth in wells.items():
            self.loader.execute("delete from raw.well_register__well where well_id = %s", (int(name[1:]),))
            self.loader.execute(
                "insert into raw.well_register__well (well_id, depth_m, _row_hash, _batch_id, _change_no, _loaded_at)"
                " values (%s, %s, sha256(''), %s, %s, now())",
                (int(name[1:]), depth, self.batches, self.batches),
            )
        self.loader.execute(
            "insert into raw._batch (batch_id, system, table_name, partition, mode, started_at, finished_at, rows_read,"
            " inserted, updated, deleted, rejected, live_rows, change_no, contract_sha256, shape_sha256,"
            " extractor_version, source_as_of) values (%s, 'well_register', 'well', '*', 'snapshot', now(), now(),"
            " 0, 0, 0, 0, 0, 0, %s, '', '', '', now())",
            (self.batches, self.batches if wells else None),
        )
