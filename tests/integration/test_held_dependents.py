"""What depends on a held record is held with it; when keys were first held and when they were mended."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.warehouse import releases
from connectors.warehouse.lease import drop_lease
from connectors.warehouse.releases import Release
from expectations.dependents import reference_predicate
from expectations.row_check import check_rows
from expectations.row_sql import rows_breaking_sql
from expectations.rules import load_rulebooks
from expectations.staged_rows import staged_rows_sql
from tests.conftest import Warehouse
from tests.integration.gate_warehouse import RELATION, Wells, rule

PUMP = "create table warehouse.pump (pump_key text, well_key text, power_kw numeric, row_hash bytea)"
METER = "create table warehouse.meter (meter_key text, pump_key text, row_hash bytea)"
PUMP_RULES = [
    rule("X01", "power_kw > 0", severity="warn", columns=["power_kw"]),
    rule("X02", columns=["well_key"], depends_on={"dataset": "well", "columns": ["well_key"], "must_exist": True}),
]
METER_RULES = [rule("Y01", columns=["pump_key"], depends_on={"dataset": "pump", "columns": ["pump_key"]})]


@pytest.fixture
def wells(warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wells]:
    """Wells, pumps on wells, meters on pumps; pump p2 depends on nothing, p9 on a well that is not there."""
    monkeypatch.setenv("LIENTHONG_PROJECT", str(tmp_path))
    with warehouse.connect("lt_builder") as builder, warehouse.connect("owner") as owner:
        for statement in (RELATION, PUMP, METER):
            builder.execute(statement)
        made = Wells(builder, owner, tmp_path)
        made.write_rules(rule("W01", "depth_m < 50", agency="Chi cục Thủy lợi"), concerns="array['kind:' || kind]")
        write(made, "pump", PUMP_RULES, concerns="array['well:' || well_key]")
        write(made, "meter", METER_RULES)
        for key in ("w1", "w2", "w3"):
            made.put(key)
        builder.execute(
            "insert into warehouse.pump values ('p1', 'w1', 0, '1'), ('p2', null, 5, '2'), ('p3', 'w3', 5, '3')"
        )
        builder.execute("insert into warehouse.meter values ('m1', 'p1', '1'), ('m2', 'p2', '2')")
        yield made
        drop_lease()


def write(wells: Wells, name: str, rules: list[dict], **header: object) -> None:
    """A rulebook beside that of the wells."""
    named = {"dataset": name, "relation": f"warehouse.{name}", "key": [f"{name}_key"], "facts": [], **header}
    path = wells.project / "expectations" / "rules" / "well.yml"
    kept = path.read_text(encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.integration.gate_warehouse.load_rulebook", lambda name: None)
        wells.write_rules(*rules, **named)
    path.rename(path.with_name(f"{name}.yml"))
    path.write_text(kept, encoding="utf-8")


def check(order: str, release: Release | None = None) -> Release:
    release = release or releases.open_release({})
    books = load_rulebooks()
    for name in order.split():
        check_rows(books[name], release)
    return release


def publish(order: str = "well pump meter") -> Release:
    release = check(order)
    for book in load_rulebooks().values():
        releases.stage(release, book.dataset)
    releases.publish(release)
    return release


@pytest.mark.parametrize("order", ["well pump meter", "meter pump well", "pump well meter well pump"])
def test_dependents_are_held_whatever_is_judged_first(wells: Wells, order: str) -> None:
    wells.put("w1", 60)
    release = check(order)
    assert wells.outcomes(release) == {
        "w1": ("held", ["W01"]),
        "p1": ("held", ["X01", "X02"]),
        "m1": ("held", ["Y01"]),
    }
    told = (
        "select record_key, custodian, concerns from quality.row_outcome where release_id = %s and record_key = any(%s)"
    )
    rows = wells.owner.execute(told, (release.release_id, ["p1", "m1"])).fetchall()
    assert sorted(rows) == [("m1", "Chi cục Thủy lợi", []), ("p1", "Chi cục Thủy lợi", ["well:w1"])]


def test_a_row_that_names_no_record_is_held_only_where_that_must_exist(wells: Wells) -> None:
    wells.builder.execute("insert into warehouse.pump values ('p9', 'w9', 5, '9')")
    wells.builder.execute("insert into warehouse.meter values ('m9', 'p8', '9')")
    assert wells.outcomes(check("well pump meter")) == {"p1": ("warned", ["X01"]), "p9": ("held", ["X02"])}


def test_checking_again_lets_go_what_no_longer_depends_on_a_held_record(wells: Wells) -> None:
    wells.put("w1", 60)
    release = check("well pump meter")
    wells.put("w1", 10)
    check("well", release)
    assert wells.outcomes(release) == {"p1": ("warned", ["X01"])}


def test_the_gate_counts_a_dependent_that_is_not_held(wells: Wells) -> None:
    wells.put("w1", 60)
    release = check("well pump meter")
    wells.owner.execute("delete from quality.row_outcome where record_key = 'p1'")
    for book in load_rulebooks().values():
        releases.stage(release, book.dataset)
    book = load_rulebooks()["pump"]
    ((_, reference),) = book.references
    count = rows_breaking_sql(reference_predicate(reference, release.release_id), staged_rows_sql(book))
    assert wells.owner.execute(f"select {count}").fetchone() == (1,)


def test_history_tells_since_when_a_key_is_held_and_when_it_was_mended(wells: Wells) -> None:
    first = publish()
    wells.put("w1", 60)
    held = publish()
    assert dict(_last_good(wells)) == {"w1": first.release_id, "p1": first.release_id, "m1": first.release_id}
    wells.put("w2", 70)
    still = publish()
    wells.put("w1", 10)
    mended = publish()
    wells.put("w1", 61)
    again = publish()
    spells = wells.owner.execute(
        "select record_key, first_release, last_release, resolved_release, resolved_at is null, rule_ids"
        " from shared.held_spell where dataset <> 'meter' order by 1, 2"
    ).fetchall()
    assert spells == [
        ("p1", held.release_id, still.release_id, mended.release_id, False, ["X01", "X02"]),
        ("p1", again.release_id, again.release_id, None, True, ["X01", "X02"]),
        ("w1", held.release_id, still.release_id, mended.release_id, False, ["W01"]),
        ("w1", again.release_id, again.release_id, None, True, ["W01"]),
        ("w2", still.release_id, again.release_id, None, True, ["W01"]),
    ]


def _last_good(wells: Wells) -> list[tuple[str, int]]:
    return wells.owner.execute("select record_key, last_good_release from shared.held_record").fetchall()
