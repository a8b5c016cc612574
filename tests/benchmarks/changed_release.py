"""The next release of the made-up province: every kind of change that touches an answer, staged and left open.

Rows are put where staging would have put them, past build and check. `every` says how much changes: one parcel in so
many of each kind.
"""

import psycopg

from connectors.settings import warehouse_dsn
from connectors.warehouse import releases
from connectors.warehouse.release_tables import OPEN_END, read_columns
from connectors.warehouse.releases import Release
from connectors.warehouse.stage import StageCounts, record_counts
from expectations.rules import load_rulebook
from tests.benchmarks.checks_world import WIDTH
from tests.benchmarks.dossiers import OTHER_CODES

_NEW = """
with old as (update release.{table} set to_release = {release} where to_release = {open} and {where} returning *)
insert into release.{table} select {columns} from old
"""
_COPY = "insert into release.{table} select {columns} from release.{table} where to_release = {open} and {where}"
_HELD = """
insert into quality.row_outcome (dataset, record_key, release_id, outcome, rule_ids, custodian, concerns)
select '{dataset}', {key}, {release}, 'held', '{{T01}}', 'Văn phòng đăng ký', array_remove({concerns}, null)
from release.{dataset} where to_release = {open} and ({where})
on conflict do nothing
"""
# Before the change: identifiers, an old number, ages that 24 hours are too short for, and a record held until now.
_BEFORE = (
    "update release.land_parcel set parcel_uid = st_geohash(st_centroid(geom), 12) where parcel_id % 4 = 1",
    (
        "update release.land_parcel_lineage set old_commune_code = '90001', old_sheet_no = '7', "
        "old_parcel_no = split_part(new_parcel_key, ':', 2), old_commune_codes = '{{90002}}'"
    ),
    (
        "update release.dataset_release set source_as_of = now() - interval '30 hours' "
        "where dataset in ('land_right', 'mineral_zone') and release_id = {base}"
    ),
    (
        "update release.dataset_release set max_age = interval '29 hours' "
        "where dataset = 'mineral_zone' and release_id = {base}"
    ),
    # Every licence is of one holder: these may change without a word about all who name that code.
    "update release.mineral_licence set holder_tax_code = null where split_part(licence_key, ':', 2)::bigint % 40 = 10",
    # One licence will replace others, from a later day on.
    (
        "update release.mineral_licence set replaced_by = 'mineral_cadastre:300' "
        "where split_part(licence_key, ':', 2)::bigint % 8 = 6"
    ),
    "update release.mineral_licence set valid_from = current_date + 60 where licence_key = 'mineral_cadastre:300'",
    # A neighbour that overlaps a parcel which will be held.
    "update release.land_parcel set geom = st_translate(geom, {west}, 0) where parcel_id % {every} = 13",
    (
        "insert into quality.row_outcome (dataset, record_key, release_id, outcome, rule_ids, custodian, concerns) "
        "values ('mineral_zone', 'mineral_cadastre:9', {base}, 'held', '{{T01}}', 'Sở', '{{}}')"
    ),
)


def before_the_change(base: int, parcels: int, *, every: int) -> None:
    """What the published release needs for the change to show in every way; `every` as for the change itself."""
    west = -WIDTH / int(parcels**0.5) / 4
    with psycopg.connect(warehouse_dsn("lt_publisher")) as conn:
        for statement in _BEFORE:
            conn.execute(statement.format(base=base, every=every, west=west))
        conn.execute("analyze release.land_parcel")


def stage_change(parcels: int, *, every: int) -> Release:
    """An open release in which much has changed; to be published or abandoned by the caller."""
    release = releases.open_release({"changed": "everything"})
    step = WIDTH / int(parcels**0.5)
    with psycopg.connect(warehouse_dsn("lt_publisher")) as conn:
        change = _Change(conn, release.release_id)
        _change_land(change, every, step)
        _change_documents(change)
        _hold(change, every)
        for name in change.changed:
            record_counts(conn, release.release_id, load_rulebook(name).dataset, StageCounts(0, 0, 0, 0, 0))
        conn.execute(
            "update release.dataset_release set source_as_of = now() where release_id = %s", (release.release_id,)
        )
    return release


def _change_land(change: "_Change", every: int, step: float) -> None:
    nth = f"parcel_id % {every} = "
    of_parcel = f"split_part(parcel_key, ':', 2)::bigint % {every} = "
    change.rows("land_parcel", nth + "1", legal_area_m2="legal_area_m2 + 9")
    change.rows("land_parcel", nth + "2", geom=f"st_translate(geom, {step / 4}, 0)")
    change.rows("land_parcel", nth + "3", sheet_no="'R' || sheet_no")
    change.rows("land_parcel", nth + "4", is_disputed="true")
    change.close("land_parcel", nth + "5")
    change.copies(
        "land_parcel", nth + "6", parcel_key="parcel_key || 'N'", parcel_id="parcel_id + 500000000",
        geom=f"st_translate(geom, {-step / 3}, {step / 3})",
    )  # fmt: skip
    change.rows("land_parcel_use", of_parcel + "7", land_use_code="'SKC'", term_until="date '2021-01-01'")
    change.rows("land_right", of_parcel + "8", status="'WITHDRAWN'")
    change.rows("land_right", of_parcel + "9", party_key="'party1'")
    change.rows("land_restriction", "split_part(restriction_key, ':', 3)::bigint % 7 = 0", is_active="false")
    change.rows("land_restriction", "split_part(restriction_key, ':', 3)::bigint % 7 = 1", kind="'SEIZURE'")
    lineage = "split_part(new_parcel_key, ':', 2)::bigint"
    change.copies("land_parcel_lineage", f"{lineage} % 300 = 0", old_parcel_key="new_parcel_key",
                  new_parcel_key="new_parcel_key || 'N'", old_sheet_no="'8'")  # fmt: skip
    change.rows("party", "party_key = 'party25'", organisation_tax_code=f"'{OTHER_CODES[0]}'")
    # persons that turn out to be organisations, of which the register has no code
    change.rows("party", f"substr(party_key, 6)::bigint % {every} = 14 and kind = 'PERSON'", kind="'ORGANISATION'")


def _change_documents(change: "_Change") -> None:
    number = "split_part({}, ':', 2)::bigint"
    licence, facility = number.format("licence_key"), number.format("facility_key")
    change.rows("mineral_licence", f"{licence} % 20 = 1", status="'EXPIRED'")
    change.rows("mineral_licence", f"{licence} = 300", valid_from="date '2026-02-01'")
    change.copies("mineral_licence", f"{licence} = 92", licence_key="licence_key || '0000'", number="'92000'",
                  holder_tax_code=f"'{OTHER_CODES[1]}'")  # fmt: skip
    change.rows("mineral_licence", f"{licence} % 40 = 10", hold="'{}'::text[]", is_held="true")
    change.close(
        "parcel_constraint", f"constraint_dataset = 'mineral_licence' and {number.format('constraint_key')} % 30 = 3"
    )
    change.close(
        "mineral_constraint_piece", f"constraint_dataset = 'mineral_zone' and {number.format('constraint_key')} = 21"
    )
    change.rows("mineral_constraint_piece", "constraint_dataset = 'mineral_licence' and "
                f"{number.format('constraint_key')} % 40 = 5", geom="st_translate(geom, 0.05, 0)")  # fmt: skip
    change.rows("facility", f"{facility} % 25 = 3", geom="null")
    change.copies("facility", f"{facility} = 9", facility_key="facility_key || '000'",
                  operator_tax_code=f"'{OTHER_CODES[2]}'")  # fmt: skip
    permit = number.format("permit_key")
    change.rows("environmental_permit", f"({permit} % 10 = 4 or {permit} % 12 = 3)", status="'REPLACED'")
    change.rows("environmental_permit", f"{permit} % 15 = 12", may_be_replaced_by="'environment_permits:9000'")
    change.copies("environmental_permit", f"{permit} = 9", permit_key="permit_key || '000'", number="'9000'",
                  facility_key="'environment_permits:7'", status="'IN_FORCE'")  # fmt: skip
    change.close("eia_decision", f"{facility} % 20 = 6")
    zone = number.format("zone_key")
    change.rows("mineral_zone", f"{zone} % 30 = 1", hold="'{}'::text[]", is_held="true")
    area = number.format("protected_area_key")
    change.rows("protected_area", f"{area} % 6 = 1", hold="'{}'::text[]", is_held="true")
    protected = f"constraint_dataset = 'protected_area' and {number.format('constraint_key')} % 6 = "
    change.close("parcel_constraint", protected + "2")
    change.close("mineral_constraint_piece", protected + "2")
    change.rows("mineral_constraint_piece", protected + "3", geom="st_translate(geom, 0.05, 0)")


def _hold(change: "_Change", every: int) -> None:
    """Records held from now on: out of sight, or with their last good version still served."""
    change.close("land_parcel", f"parcel_id % {every} = 10", hold="array[parcel_uid]")
    change.hold("land_parcel", f"parcel_id = {every * 3 + 14}", "array[parcel_uid] || shared.cells_held(geom, 'lot')")
    change.rows("land_parcel", f"parcel_id % {every} = 12", hold="array[parcel_uid]", is_held="true")
    change.hold("land_restriction", "split_part(restriction_key, ':', 3)::bigint % 11 = 5",
                "array(select 'land_parcel:' || k from unnest(parcel_keys) as k)")  # fmt: skip
    number = "split_part({}, ':', 2)::bigint % "
    change.hold(
        "mineral_zone", number.format("zone_key") + "10 = 2 or zone_key = 'mineral_cadastre:11'", "'{}'::text[]"
    )
    change.hold("protected_area", "protected_area_key = 'protected_areas:4'", "shared.cells_held(geom, 'cell')")
    change.hold("mineral_licence", number.format("licence_key") + "80 = 37",
                "array['mineral_licence:' || number || '/' || symbol || '-' || issuer] || "
                "shared.cells_held(geom, 'cell')")  # fmt: skip
    change.hold("mineral_licence", "licence_key = 'mineral_cadastre:78'", "array['commune:90033']")
    change.hold("party", "party_key = 'party50'", f"array['{OTHER_CODES[3]}']")
    change.hold("administrative_unit", "code = '90044' and valid_to is null", "array['unit:' || code]")


class _Change:
    """Writes versions of one release, and remembers of which datasets."""

    def __init__(self, conn: psycopg.Connection, release: int) -> None:
        self.conn, self.release, self.changed = conn, release, set()

    def rows(self, table: str, where: str, *, hold: str | None = None, **to: str) -> None:
        """New versions of rows, with these columns set."""
        if hold:
            self.hold(table, where, hold)
        self._write(_NEW, table, where, to)

    def copies(self, table: str, where: str, **to: str) -> None:
        """Rows that were not there."""
        self._write(_COPY, table, where, to)

    def close(self, table: str, where: str, *, hold: str | None = None) -> None:
        """Rows that are gone."""
        if hold:
            self.hold(table, where, hold)
        self.changed.add(table)
        self.conn.execute(
            f"update release.{table} set to_release = {self.release} "
            f"where to_release = {OPEN_END} and from_release < {self.release} and {where}"
        )

    def hold(self, dataset: str, where: str, concerns: str) -> None:
        """Outcomes of the row check."""
        keys = ", ".join(load_rulebook(dataset).dataset.key)
        self.conn.execute(
            _HELD.format(dataset=dataset, key=f"concat_ws('|', {keys})", release=self.release, open=OPEN_END,
                         concerns=concerns, where=where)
        )  # fmt: skip

    def _write(self, statement: str, table: str, where: str, to: dict[str, str]) -> None:
        self.changed.add(table)
        to = to | {"from_release": str(self.release), "to_release": str(OPEN_END)}
        columns = ", ".join(to.get(c.name, f'"{c.name}"') for c in read_columns(self.conn, f"release.{table}"))
        where = f"from_release < {self.release} and {where}"
        self.conn.execute(
            statement.format(table=table, release=self.release, open=OPEN_END, where=where, columns=columns)
        )
