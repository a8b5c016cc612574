"""A partition that is truly gone: one approval of a person is enough, from the load to the release that contains it."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
import yaml
from click.testing import CliRunner

from connectors.commands_approve import approve
from connectors.errors import ShrunkTooFar
from connectors.landing import extract
from connectors.warehouse import releases
from connectors.warehouse.approvals import using
from connectors.warehouse.lease import drop_lease
from connectors.warehouse.releases import Release
from expectations.fingerprint import read_fingerprint
from expectations.gate import gate
from expectations.report import write_report
from expectations.row_check import check_rows
from expectations.rules import load_rulebook
from expectations.source_accounts import out_of_bounds_sql
from expectations.verdicts import Verdict
from infra.databases import ensure_database
from tests.integration.extract_world import CHANGES, MAKE, World, run, table
from tests.integration.gate_warehouse import HEADER, rule

STAGING = """
create view staging.stg_thing as
select 'things:' || id as thing_key, office, _change_no as change_no from raw.things__thing where _deleted_at is null
"""
BUILD = "insert into warehouse.thing select thing_key, sha256(thing_key::bytea) from staging.stg_thing"
BOOK = HEADER | {
    "dataset": "thing",
    "relation": "warehouse.thing",
    "key": ["thing_key"],
    "sources": ["things.thing"],
    "facts": [],
    "guards": {"max_shrink": 0.1, "max_growth": 100},
    "rows_of": {
        "things.thing": {
            "from": "staging.stg_thing as s",
            "key": "s.thing_key",
            "partition": "s.office",
            "is_record": True,
        }
    },
    "rules": [rule("Q01", "thing_key is not null", columns=["thing_key"])],
}
MORE = """
insert into reg.thing select n, '36', 'Người ' || n, 1, null, 5897, timestamptz '2026-02-01' + n * interval '1 h',
    st_multi(st_makeenvelope(580000 + n, 2240000, 580000.5 + n, 2240001, 5897)) from generate_series(101, {}) as n
"""
OTHER_APPROVALS = (
    "delete from raw._approval",
    "update raw._approval set partition = '37'",
    "update raw._approval set table_name = 'other'",
    "update raw._approval set system = 'other'",
    "update raw._approval set used_at = null",
    "update raw._approval set batch_id = batch_id - 1",
    "update raw._approval set deleted = 9",
)
OFFICE_36 = "delete from reg.thing where office = '36'"


class Registry(World):
    """Twenty things of two offices, their dataset, and a release of it."""

    source: str
    builder: psycopg.Connection

    def release(self) -> tuple[Release, Verdict]:
        """Builds, checks, stages and judges what is loaded."""
        self.builder.execute("delete from warehouse.thing")
        self.builder.execute(BUILD)
        book = load_rulebook("thing")
        release = releases.open_release(read_fingerprint())
        check_rows(book, release)
        releases.stage(release, book.dataset)
        return release, gate(release)

    def publish(self) -> Release:
        """The same, published."""
        release, verdict = self.release()
        assert verdict.is_open, [(found.rule_id, found.observed) for found in verdict.closed_by]
        releases.publish(release)
        return release

    def refuse(self, *edits: str) -> list[str]:
        """What closes the gate for a release on a warehouse with these edits; the edits stay."""
        for edit in edits:
            self.rows(f"{edit} returning 1")
        release, verdict = self.release()
        releases.abandon(release, reason="closed")
        return [found.rule_id for found in verdict.closed_by]

    def lose(self, statement: str = OFFICE_36) -> None:
        """Rows go at the source, a person approves it, and the extract uses the approval."""
        run(self.source, statement)
        extract("things", decide=using(granted("--partition", "36")))

    def count(self) -> dict[str, int]:
        """The live rows by office."""
        return dict(self.live("office, (count(*) over (partition by office))::int"))


def granted(*more: str) -> str:
    arguments = ["things", "thing", "--by", "Trưởng phòng Đăng ký", "--reason", "văn phòng giải thể", "--yes", *more]
    done = CliRunner().invoke(approve, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout.strip()


@pytest.fixture(scope="module")
def source_database(cluster) -> str:
    return ensure_database(cluster, "dissolved", owner="dissolved_owner", password="scratch")


@pytest.fixture
def here(tmp_path, warehouse, monkeypatch, source_database) -> Iterator[Registry]:
    run(source_database, "drop schema if exists reg cascade", *MAKE.split(";"))
    made = Registry(tmp_path, warehouse, monkeypatch)
    made.source = source_database
    contract(made)
    extract("things")
    path = tmp_path / "expectations" / "rules" / "thing.yml"
    path.parent.mkdir(parents=True)
    path.write_text(yaml.safe_dump(BOOK, allow_unicode=True), encoding="utf-8")
    with warehouse.connect("lt_builder") as made.builder:
        made.builder.execute(STAGING)
        made.builder.execute("create table warehouse.thing (thing_key text, row_hash bytea)")
        made.publish()
        yield made
        drop_lease()


def contract(made: World, **more: Any) -> None:
    partitions = {"column": "office", "values": {"36": "Nam Định", "37": "Ninh Bình"}} | more
    made.contract(made.source, kind="sql", tables={"thing": table(**CHANGES)}, partitions=partitions)


def test_an_office_that_was_dissolved_is_published_as_gone_and_the_report_says_who_approved(here: Registry) -> None:
    run(here.source, OFFICE_36)
    with pytest.raises(ShrunkTooFar, match="lienthong approve"):
        extract("things")
    here.lose()
    assert here.count() == {"37": 10}
    release = here.publish()
    assert here.rows("select count(*) from shared.thing") == [(10,)]
    page = write_report(release.release_id, with_docs=False).read_text(encoding="utf-8")
    for said in ("things.thing", "Trưởng phòng Đăng ký", "văn phòng giải thể", "Approved mass deletes"):
        assert said in page
    extract("things")
    assert here.count() == {"37": 10}, "what stays empty is read again without another approval"
    run(
        here.source,
        "insert into reg.thing select 99, '37', 'x', 1, null, 5897, '2026-03-01', geom from reg.thing limit 1",
    )
    extract("things")
    later = here.publish()
    assert "Approved mass deletes" not in write_report(later.release_id, with_docs=False).read_text(encoding="utf-8")


def test_without_an_approval_of_just_this_batch_it_stays_closed(here: Registry) -> None:
    here.lose()
    release, verdict = here.release()
    assert verdict.is_open
    missed = f"select {out_of_bounds_sql(load_rulebook('thing'), release.release_id)}"
    with here.warehouse.connect("admin") as admin:
        assert admin.execute(missed).fetchone() == (0,)
        for edit in OTHER_APPROVALS:
            with admin.transaction(force_rollback=True):
                admin.execute(edit)
                assert admin.execute(missed).fetchone() == (1,), edit
    releases.abandon(release, reason="asked")
    assert here.refuse("delete from raw._approval") == ["G02"]


def test_an_approval_opens_the_release_that_contains_its_batch_and_none_after_it(here: Registry) -> None:
    here.lose()
    here.publish()
    run(here.source, MORE.format(110))
    extract("things")
    here.publish()
    here.lose()
    assert here.refuse("delete from raw._approval where batch_id = (select max(batch_id) from raw._approval)") == [
        "G02"
    ], "the first approval is spent"


def test_an_approved_shrinking_is_not_missed_and_any_other_is(here: Registry) -> None:
    run(here.source, MORE.format(300))
    extract("things")
    here.publish()
    here.lose("delete from reg.thing where id > 150")
    assert here.count() == {"36": 60, "37": 10}
    assert here.refuse("update raw._approval set deleted = deleted - 100") == ["G02"]
    here.rows("update raw._approval set deleted = deleted + 100 returning 1")
    here.publish()


def test_an_approval_lasts_until_a_release_is_published(here: Registry) -> None:
    here.lose()
    book = BOOK | {"rules": [rule("Q01", "thing_key is null", severity="block", columns=["thing_key"])]}
    path = load_rulebook("thing").path
    path.write_text(yaml.safe_dump(book, allow_unicode=True), encoding="utf-8")
    assert here.refuse() == ["Q01"]
    path.write_text(yaml.safe_dump(BOOK, allow_unicode=True), encoding="utf-8")
    here.publish()


def test_a_partition_that_was_never_loaded_may_not_be_empty(here: Registry) -> None:
    contract(here, values={"36": "Nam Định", "37": "Ninh Bình", "38": "Hà Nam"})
    with pytest.raises(ShrunkTooFar, match="0 rows at the source"):
        extract("things", partition="38")
