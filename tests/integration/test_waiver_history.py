"""Waivers as an auditor reads them: what a release rests on until it is published, and what was in force afterwards."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import ContractInvalid, ReleaseConflict
from connectors.warehouse import releases
from connectors.warehouse.lease import drop_lease
from connectors.warehouse.releases import Release
from expectations import release_steps, waived_rows
from expectations.report import write_report
from expectations.waivers import waivers_path
from tests.conftest import Warehouse
from tests.integration.gate_warehouse import RELATION, Wells, rule
from tests.integration.site_world import make_wells
from tests.integration.test_waivers import DEPTH, grant, served

FEW = rule("W04", severity="block", expectation={"type": "expect_table_row_count_to_be_between", "max_value": 5})
WITHDRAWN = "waivers: []\n"


@pytest.fixture
def wells(warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wells]:
    """200 good wells in four communes, and one that is too deep."""
    monkeypatch.setenv("LIENTHONG_PROJECT", str(tmp_path))
    with warehouse.connect("lt_builder") as builder, warehouse.connect("owner") as owner:
        made = Wells(builder, owner, tmp_path)
        make_wells(made)
        made.put("deep", 500)
        waivers_path().parent.mkdir(exist_ok=True)
        yield made
        drop_lease()


class Tomorrow(datetime):
    @classmethod
    def now(cls, tz: Any = None) -> datetime:
        return datetime.now(tz) + timedelta(days=1)


def refused(release: Release) -> str:
    with pytest.raises(ReleaseConflict) as error:
        release_steps.publish(release)
    return error.value.found


def shown_waivers(release: Release) -> list[tuple[str, str]]:
    """The waivers on the page of a release, with how many failures each let through."""
    page = write_report(release.release_id, with_docs=False).read_text(encoding="utf-8")
    section = page[page.index('<section id="waivers">') :].partition("</section>")[0]
    rows = re.findall(r'<th scope="row"[^>]*>(W[\d-]+)</th>(.*?)</tr>', section, re.DOTALL)
    assert bool(rows) != ("There is no waiver" in section)
    return [(name, re.findall(r'<td class="number">.*?(\d+)', rest, re.DOTALL)[0]) for name, rest in rows]


def test_a_release_judged_on_the_last_day_is_not_published_on_the_next(
    wells: Wells, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant(wells, "W01", "all", days_left=0)
    release, verdict = wells.judge(wells.write_rules(DEPTH))
    assert verdict.is_open
    with monkeypatch.context() as midnight:
        midnight.setattr(waived_rows, "datetime", Tomorrow)
        assert refused(release) == "W2026-001: ended, withdrawn or changed since"
    assert releases.current_release() is None
    release_steps.publish(release)
    assert served(wells.owner) == {"deep"}
    with monkeypatch.context() as midnight:
        midnight.setattr(waived_rows, "datetime", Tomorrow)
        release_steps.publish(release)  # repeated: it was published in time


def test_what_was_withdrawn_or_changed_while_a_release_was_made_does_not_carry_it(wells: Wells) -> None:
    book = wells.write_rules(DEPTH)
    grant(wells, "W01", "all")
    granted = waivers_path().read_text(encoding="utf-8")
    release, _ = wells.judge(book)
    waivers_path().write_text(WITHDRAWN, encoding="utf-8")
    assert refused(release).startswith("W2026-001")
    grant(wells, "W01", {"keys": ["another"]})
    assert refused(release).startswith("W2026-001")
    waivers_path().write_text(granted, encoding="utf-8")
    release_steps.publish(release)


def test_a_waiver_that_let_nothing_through_carries_nothing(wells: Wells) -> None:
    grant(wells, "W01", {"communes": ["99999"]})
    release, _ = wells.judge(wells.write_rules(DEPTH))
    assert wells.outcomes(release) == {"deep": ("held", ["W01"])}
    waivers_path().write_text(WITHDRAWN, encoding="utf-8")
    release_steps.publish(release)
    assert shown_waivers(release) == [("W2026-001", "0")]
    kept = "select waiver_id, let_through, waiver ->> 'approver' from quality.release_waiver"
    assert wells.owner.execute(kept).fetchall() == [("W2026-001", 0, "Giám đốc Sở")]


def test_a_gate_that_a_waiver_opened_as_a_whole_rests_on_it(wells: Wells) -> None:
    grant(wells, "W04", "all")
    release, verdict = wells.judge(wells.write_rules(FEW))
    assert verdict.is_open
    waivers_path().write_text(WITHDRAWN, encoding="utf-8")
    assert refused(release).startswith("W2026-001")


def test_the_report_of_a_release_keeps_the_waivers_it_was_made_with(wells: Wells) -> None:
    book = wells.write_rules(DEPTH)
    grant(wells, "W01", "all")
    first = wells.publish(book)
    waivers_path().write_text(WITHDRAWN, encoding="utf-8")
    second = wells.publish(book)
    grant(wells, "W01", "all", days_left=10)
    third = wells.publish(book)
    waivers_path().write_text(WITHDRAWN, encoding="utf-8")
    assert [shown_waivers(release) for release in (first, second, third)] == [
        [("W2026-001", "1")], [], [("W2026-001", "1")]
    ]  # fmt: skip
    entries = wells.owner.execute(
        "select payload ->> 'release_id', payload #> '{waivers,0,scope}' from audit.ledger where kind = 'waivers'"
    ).fetchall()
    assert entries == [(str(first.release_id), "all"), (str(third.release_id), "all")]


@pytest.mark.parametrize(("scope", "days_left"), [({"keys": ["deep"]}, 30), ("all", 31)])
def test_an_id_of_a_waiver_is_not_given_to_another(wells: Wells, scope: Any, days_left: int) -> None:
    book = wells.write_rules(DEPTH)
    grant(wells, "W01", "all")
    wells.publish(book)
    grant(wells, "W01", scope, days_left=days_left)
    release = releases.open_release({})
    with pytest.raises(ContractInvalid, match="an id is permanent"):
        wells.check(book, release)
    waivers_path().write_text(
        waivers_path().read_text(encoding="utf-8").replace("W2026-001", "W2026-002"), encoding="utf-8"
    )
    wells.check(book, release)


def test_a_waiver_that_ended_stands_in_the_report_as_ended(wells: Wells) -> None:
    grant(wells, "W01", "all", days_left=-1)
    release = wells.publish(wells.write_rules(DEPTH))
    assert shown_waivers(release) == [("W2026-001", "0")]
    assert wells.owner.execute("select count(*) from quality.release_waiver").fetchone() == (0,)


def test_communes_of_records_without_a_place_are_an_error(wells: Wells) -> None:
    wells.builder.execute("drop table warehouse.well")
    wells.builder.execute(RELATION)
    wells.put("deep", 500)
    book = wells.write_rules(DEPTH)
    grant(wells, "W01", {"communes": ["00001"]})
    release = releases.open_release({})
    with pytest.raises(ContractInvalid, match="name no place"):
        wells.check(book, release)
