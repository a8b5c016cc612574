"""What a staged release would change of the answers of open dossiers, equal to asking every one of them."""

import json
from collections import Counter
from dataclasses import dataclass

import psycopg
import pytest

from connectors.errors import DossiersUnreadable
from connectors.settings import warehouse_dsn
from connectors.warehouse import releases
from connectors.warehouse.carry import carry_unstaged
from connectors.warehouse.releases import Release
from expectations.dossiers.answering import AnswerChanges, open_dossiers
from expectations.dossiers.reading import read_dossiers
from expectations.dossiers.touched import write_touched
from tests.benchmarks.brute_force import Changes, changed_answers, listed_changes
from tests.benchmarks.changed_release import before_the_change, stage_change
from tests.benchmarks.dossiers import write_dossiers
from tests.benchmarks.sieve_holes import asked_with_holes
from tests.integration.answered_province import PARCELS, answers, province
from tests.integration.checked_subjects import FREE_PLACE

DOSSIERS, EVERY = 1_000, 60
# Steps of the sieve that this small list misses at once; `make bench-preview` with --holes tries all of them.
HOLES = ("land_parcel", "land_right", "mineral_licence", "environmental_permit", "changed 6", "changed 8")


@dataclass(frozen=True)
class Previewed:
    """The preview and its list, the truth once the release was published, and what a sieve with a hole would ask."""

    found: AnswerChanges
    listed: Changes
    truth: Changes
    asked: dict[str, set[int]]
    everything: dict[str, bool]

    @property
    def changed(self) -> set[int]:
        return {line for line, _ in self.truth}


@pytest.fixture(scope="module")
def here(cluster, homes):
    home = homes / "preview-dossiers"
    home.mkdir(mode=0o711, exist_ok=True)
    with province(cluster, "preview_dossiers", home) as made:
        before_the_change(made.release, PARCELS, every=EVERY)
        yield made


@pytest.fixture(scope="module")
def previewed(here, tmp_path_factory) -> Previewed:
    file = tmp_path_factory.mktemp("dossiers") / "open.jsonl"
    with psycopg.connect(here.admin_dsn) as conn:
        write_dossiers(conn, file, count=DOSSIERS, parcels=PARCELS, every=EVERY)
    with open_dossiers(file) as dossiers:
        release = stage_change(PARCELS, every=EVERY)
        with psycopg.connect(warehouse_dsn("lt_publisher")) as conn:
            carry_unstaged(conn, release.release_id)
        found = dossiers.compare(here.release, release)
        dossiers.write_changes(file.with_suffix(".out"))
    assert found.asked_at
    asked = asked_with_holes(file, here.release, release.release_id, found.asked_at, HOLES)
    everything = {name: _touches_all(here, release, change) for name, change in TOUCHES_ALL.items()}
    assert_hidden(here, release)
    releases.publish(release)
    at = found.asked_at.isoformat()
    truth = changed_answers(file, base=here.release, after=release.release_id, asked_at=at)
    return Previewed(found, listed_changes(file.with_suffix(".out")), truth, dict(asked), everything)


TOUCHES_ALL = {
    "nothing more": "select 1",
    "a requirement": "update release.procedure_requirement set to_release = {0} where check_code = 'NO_DISPUTE'",
    "coverage": "update release.dataset_coverage set to_release = {0} where dataset = 'land_right'",
    "a unit": "update release.administrative_unit set to_release = {0} where code = '90001'",
    "a dataset": "delete from release.dataset_release where dataset = 'land_right' and release_id = {0}",
    "a record too large for cells": "update quality.row_outcome set concerns = '{{cell:large}}' where release_id = {0}",
}


def _touches_all(here, release: Release, change: str) -> bool:
    with psycopg.connect(here.admin_dsn) as conn:
        conn.execute("create temp table dossier (line_no bigint, subject jsonb, names text[])")
        conn.execute(change.format(release.release_id))
        is_all = write_touched(conn, here.release, release.release_id)
        conn.rollback()
    return is_all


def assert_hidden(here, release: Release) -> None:
    """Readers cannot ask the staged release: neither by its number nor by the functions of the preview."""
    with psycopg.connect(here.reader_dsn, autocommit=True) as conn:
        with pytest.raises(psycopg.errors.InvalidParameterValue, match="never published"):
            conn.execute("select * from shared.check_procedure('LT-09', '{}', %s)", (release.release_id,))
        for call in ("preview.answers('LT-09', '{}', 2)", "checks.answers_of('LT-09', '{}', 2)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                conn.execute(f"select * from {call}")


def test_preview_is_what_the_published_release_answers(previewed: Previewed):
    found, truth = previewed.found, previewed.truth
    assert previewed.listed == truth
    assert found.answers_changed == len(truth)
    assert found.dossiers_changed == len(previewed.changed)
    directions = Counter((before, after) for before, after, _, _ in truth.values())
    told = Counter()
    for direction in found.directions:
        told[direction.before, direction.after] += direction.answers
        assert direction.procedure_vi and direction.check_en
    assert told == directions
    for wanted in [("PASS", "FAIL"), ("FAIL", "PASS"), ("PASS", "HELD"), ("STALE", "PASS"), ("FAIL", "UNKNOWN")]:
        assert directions[wanted], wanted
    assert found.asked < found.dossiers == DOSSIERS


def test_a_sieve_with_a_hole_misses_answers(previewed: Previewed):
    assert not previewed.changed - previewed.asked["none"]
    assert [hole for hole in HOLES if previewed.changed <= previewed.asked[hole]] == []


def test_what_no_dossier_names_touches_all(previewed: Previewed):
    assert previewed.everything == {name: name != "nothing more" for name in TOUCHES_ALL}


def test_a_new_permit_touches_its_facility(here, previewed: Previewed):
    """Whose answer it turns from FAIL to PASS, though the dossier knows nothing of the permit."""
    asked = {"facility_key": "environment_permits:7", "project_group": "I"}
    with psycopg.connect(here.admin_dsn) as conn:
        (staged,) = conn.execute("select max(release_id) from release.release").fetchone()
        told = [answers(conn, "LT-11", asked, at)["FACILITY_PERMITTED"][0] for at in (here.release, staged)]
        conn.execute("create temp table dossier (line_no bigint, subject jsonb, names text[])")
        write_touched(conn, here.release, staged)
        touched = {name for (name,) in conn.execute("select name from touched where name like 'facility:%'")}
        conn.rollback()
    assert told == ["FAIL", "PASS"]
    assert "facility:environment_permits:7" in touched and "facility:environment_permits:11" not in touched


ENDED = """
insert into release.mineral_zone
    (zone_key, kind, status, valid_from, valid_to, geom, is_held, row_hash, from_release, to_release)
values ('mineral_cadastre:ended', 'RESERVE', 'EXPIRED', '2026-01-01', '2026-06-30',
    st_multi(st_buffer(st_setsrid(st_makepoint(105.6003, 20.0003), 4756), 0.0005)), false, '', {}, 9223372036854775807)
"""


def test_a_zone_that_has_ended_touches_those_who_ask_of_its_days(here, previewed: Previewed):
    """It is in no overlay: what the release says of it now is met by its own place."""
    asked = FREE_PLACE | {"asked_at": "2026-06-30T08:00:00+07:00"}
    with psycopg.connect(here.admin_dsn) as conn:
        (staged,) = conn.execute("select max(release_id) from release.release").fetchone()
        conn.execute("create temp table dossier (line_no bigint, subject jsonb, names text[])")
        conn.execute(ENDED.format(staged))
        told = [answers(conn, "LT-14", asked, at)["NO_RESERVE_ZONE"][0] for at in (here.release, staged)]
        write_touched(conn, here.release, staged)
        place = "st_intersects(geom, st_setsrid(st_makepoint(105.6003, 20.0003), 4756))"
        touched = conn.execute(f"select exists (select from touched_place where is_near and {place})").fetchone()
        conn.rollback()
    assert (told, touched) == (["PASS", "FAIL"], (True,))


def test_a_party_whose_code_comes_touches_the_parcels_that_it_holds(here, previewed: Previewed):
    """The dossier names a branch and the parcel, not the party; its code is typed otherwise than registers write it."""
    asked = {"parcel_key": "land_registry:27", "organisation_tax_code": "MST 0100109106001"}
    with psycopg.connect(here.admin_dsn) as conn:
        (staged,) = conn.execute("select max(release_id) from release.release").fetchone()
        conn.execute("create temp table dossier (line_no bigint, subject jsonb, names text[])")
        for statement in CODE_COMES:
            conn.execute(statement.format(staged))
        told = [answers(conn, "LT-09", asked, at)["HOLDER_MATCHES"][:2] for at in (here.release, staged)]
        write_touched(conn, here.release, staged)
        (stated,) = conn.execute("select preview.names_stated(%s, null)", (json.dumps(asked),)).fetchone()
        touched = {name for (name,) in conn.execute("select name from touched where not is_near")}
        conn.rollback()
    assert told == [("UNKNOWN", "PARTY_NOT_KNOWN"), ("PASS", "HOLDER_MATCHES")]
    assert {"0100109106-001", "land_parcel:land_registry:27"} <= touched & set(stated)


CODE_COMES = (
    "update release.party set to_release = {0} where party_key = 'party27'",
    """
    insert into release.party (party_key, kind, organisation_tax_code, is_held, row_hash, from_release, to_release)
    values ('party27', 'ORGANISATION', '0100109106-001', false, '', {0}, 9223372036854775807)
    """,
)


GOOD = '{"dossier": "H-1", "procedure": "LT-09", "subject": {"parcel_key": "land_registry:1"}}'
BAD = {
    "not json": "this is not JSON",
    "[1]": "a JSON array instead of an object",
    '{"procedure": "LT-09", "subject": {}}': "dossier is not a text",
    '{"dossier": "H-2", "procedure": "drop table", "subject": {}}': "procedure is not a procedure code",
    '{"dossier": "H-2", "procedure": "LT-09"}': "the subject is null",
    '{"dossier": "H-2", "procedure": "LT-09", "subject": {"parcelkey": "x"}}': "parcelkey, which no check knows",
    '{"dossier": "H-2", "procedure": "LT-14", "subject": {"geometry": {"type": "Point", "coordinates": [21, 105]}}}':
        "outside Vietnam",
    '{"dossier": "\\u0000", "procedure": "LT-14", "subject": {}}': "this is not JSON",
    '{"dossier": "H-2", "procedure": "LT-09", "subject": {"area_m2": 1, "area_m2": 2}}': "area_m2 is given twice",
    '{"dossier": "H-2", "dossier": "H-3", "procedure": "LT-09", "subject": {}}': "member dossier is given twice",
    "\\.": "lines of which the warehouse took",
    "Nguy\udce1n": "line 3",
}  # fmt: skip


@pytest.mark.parametrize("line", BAD)
def test_a_bad_line_is_named(here, tmp_path, line):
    file = tmp_path / "open.jsonl"
    file.write_bytes(f"{GOOD}\n\n{line}\n{GOOD}".encode("utf-8", "surrogateescape"))
    with pytest.raises(DossiersUnreadable) as refused, open_dossiers(file):
        pass
    assert BAD[line] in refused.value.found
    assert "line 3" in refused.value.found or "took" in refused.value.found


def test_dossiers_as_csv_and_with_marks_of_editors(here, tmp_path):
    given = json.loads(GOOD)
    rows = ["dossier,procedure,subject", 'H-1,LT-09,"{""parcel_key"": ""land_registry:1""}"', "=H,LT-09,{}"]
    texts = {"open.csv": "\n".join(rows), "marked.jsonl": f"\ufeff{GOOD}\r\n{GOOD}\r\n\r\n"}
    with psycopg.connect(warehouse_dsn("lt_publisher"), autocommit=True) as conn:
        for name, text in texts.items():
            (tmp_path / name).write_bytes(text.encode())
            assert read_dossiers(conn, tmp_path / name) == 2
            first = conn.execute(
                "select dossier, procedure_code, subject, names from dossier order by line_no"
            ).fetchone()
            assert first == (given["dossier"], given["procedure"], given["subject"], ["land_parcel:land_registry:1"])
        (tmp_path / "open.csv").write_text("dossier;procedure;subject\n")
        with pytest.raises(DossiersUnreadable, match="line 1"):
            read_dossiers(conn, tmp_path / "open.csv")
