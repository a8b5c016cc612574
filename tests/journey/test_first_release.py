"""The first release of the demonstration: every dataset, every injected fault, no person outside `raw`."""

import csv
import json
from collections import Counter

import pytest

from expectations.rules import load_rulebooks
from infra.rule_origins import fault_files
from tests.integration.built_land import dbt
from tests.journey.conftest import REFERENCE
from tests.journey.persons import personal_values, public_names
from tests.journey.report_in_browser import look_at_report
from tests.journey.written_forms import grep_forms, write_forms

DATASETS = {
    "administrative_unit", "administrative_unit_change", "air_quality_daily", "air_quality_index", "authority",
    "dataset_coverage", "eia_decision", "environmental_permit", "facility", "land_use_type", "limit_value",
    "land_parcel",
    "land_parcel_lineage", "land_parcel_use", "land_restriction", "land_right", "party",
    "mineral_licence", "mineral_zone", "monitoring_exceedance", "monitoring_hourly", "monitoring_station",
    "parcel_constraint", "mineral_constraint_piece", "protected_area", *REFERENCE,
}  # fmt: skip
# Made of a lot that another fault damaged, if it has a former number; tests/integration/test_dbt_land.py has some.
BY_CHANCE = {"L44"}


def ground_truth(demonstration) -> list[dict[str, str]]:
    with (demonstration.home / "demo" / "ground_truth.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_every_dataset_is_published_for_a_procedure_system(demonstration):
    status = demonstration.rows(
        "select dataset, row_count, source_as_of from shared.dataset_status",
        setting="LIENTHONG_DSN_PROCEDURE_READER",
    )
    assert {dataset for dataset, _, _ in status} == DATASETS
    for dataset, row_count, source_as_of in status:
        served = demonstration.rows(f"select count(*) from shared.{dataset}", setting="LIENTHONG_DSN_PROCEDURE_READER")
        assert served[0][0] == row_count > 0, dataset
        assert (source_as_of is None) == (dataset in REFERENCE), dataset


def test_every_fault_is_caught_and_nothing_else_is_held(demonstration, capsys):
    outcomes = {
        (dataset, key): (outcome, set(rule_ids))
        for dataset, key, outcome, rule_ids in demonstration.rows(
            "select dataset, record_key, outcome, rule_ids from quality.row_outcome "
            "where release_id = (select release_id from release.pointer)"
        )
    }
    faults = ground_truth(demonstration)
    missed = [
        fault for fault in faults
        if fault["rule_id"] not in outcomes.get((fault["dataset"], fault["record_key"]), ("", set()))[1]
    ]  # fmt: skip
    listed = {(fault["dataset"], fault["record_key"]) for fault in faults}
    # What depends on a held record is held with it, by rules of its own (test_held_dependents.py).
    with_parent = {rule.id for book in load_rulebooks().values() for rule, _ in book.references}
    held = {key for key, (outcome, rules) in outcomes.items() if outcome == "held" and rules - with_parent}
    dependents = sum(outcome == "held" for outcome, _ in outcomes.values()) - len(held)
    with capsys.disabled():
        rules = Counter(fault["rule_id"] for fault in faults)
        print(f"\nfaults listed {len(faults)}, caught {len(faults) - len(missed)}, rules {len(rules)}; ", end="")
        print(f"held {len(held)}, held but not listed {len(held - listed)}, held with these {dependents}")
    assert not missed
    assert held - listed == set()
    proven = {rule.id for book in load_rulebooks().values() for rule in book.rules} & set(fault_files())
    assert proven - set(rules) <= BY_CHANCE, "a fault that no source has proves no rule"


def test_held_rows_are_not_served_and_not_called_missing(demonstration):
    served_and_never_good = demonstration.rows(
        "select count(*) from shared.held_record as held join shared.land_parcel as parcel "
        "on held.dataset = 'land_parcel' and held.record_key = parcel.parcel_key where not parcel.is_held"
    )
    assert served_and_never_good[0][0] == 0
    assert demonstration.rows("select count(*) from shared.held_record where dataset = 'land_parcel'")[0][0] > 0


@pytest.mark.timeout(600)
def test_persons_appear_in_raw_and_nowhere_else(demonstration, tmp_path):
    patterns = tmp_path / "persons.txt"
    persons = personal_values(demonstration)
    assert len(persons) > 1000
    write_forms(patterns, persons, public_names(demonstration))
    everywhere_else = tmp_path / "warehouse.txt"
    tables = demonstration.rows(
        "select c.oid::regclass::text from pg_catalog.pg_class as c "
        "inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid "
        # Views of `intermediate` hold what those of `staging` say, and are long.
        "where (c.relkind in ('r', 'm') or c.relkind = 'v' and n.nspname <> 'intermediate') "
        "and n.nspname not in ('raw', 'information_schema') "
        "and n.nspname not like 'pg\\_%' order by 1"
    )
    searched = {table.partition(".")[0] for (table,) in tables}
    assert searched >= {"staging", "intermediate", "warehouse", "quality", "release", "audit", "shared", "preview"}
    with demonstration.connect("LIENTHONG_DSN_ADMIN_WAREHOUSE") as connection, everywhere_else.open("wb") as text:
        for (table,) in tables:
            with connection.cursor().copy(f"copy (select t::text from {table} as t) to stdout") as lines:
                text.writelines(bytes(line) for line in lines)
    assert everywhere_else.stat().st_size > 1_000_000
    assert matches(patterns, everywhere_else) == []
    for folder in ("reports", "gx", "dbt", "logs"):
        if (demonstration.home / folder).exists():
            assert matches(patterns, demonstration.home / folder) == []


def test_the_search_for_persons_finds_one(demonstration, tmp_path):
    """The check above can fail: the same search finds the persons where they may be."""
    name = demonstration.rows("select hoten from raw.land_registry__party where hoten is not null limit 1")[0][0]
    (tmp_path / "pattern").write_text(name, encoding="utf-8")
    (tmp_path / "text").write_text(f"chủ sử dụng: {name}, thửa 12", encoding="utf-8")
    assert matches(tmp_path / "pattern", tmp_path / "text") != []


def matches(patterns, place) -> list[str]:
    return grep_forms(patterns, place, "-o", "-m", "3")[:5]


@pytest.mark.timeout(240)
def test_gaps_between_parcels_are_looked_for_and_reported(demonstration):
    page = demonstration.home / "reports" / "1" / "datasets" / "land_parcel.html"
    assert "Chưa rà soát" in page.read_text(encoding="utf-8")
    ((count,),) = demonstration.rows("select count(*) from intermediate.parcel_gap")
    assert count == 0
    told = demonstration.lienthong("gaps").stdout
    ((count, parcels),) = demonstration.rows(
        "select (select count(*) from intermediate.parcel_gap), parcels from intermediate.gap_survey"
    )
    assert told == f"{count:,} gaps: {page}\n"
    assert parcels > 4000
    assert f"{parcels:,}".replace(",", ".") in page.read_text(encoding="utf-8")


def test_the_unit_tests_of_all_models_pass(demonstration, monkeypatch):
    monkeypatch.setenv("LIENTHONG_HOME", str(demonstration.home))
    dbt("test", "--select", "test_type:unit")
    results = json.loads((demonstration.home / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    assert {result["status"] for result in results} == {"pass"}
    tested = {result["unique_id"].split(".")[2] for result in results}
    assert tested >= {"parcel_constraint", "monitoring_hourly", "int_restriction_listed", "int_licence_status_derived"}


@pytest.mark.timeout(300)
def test_unchanged_sources_publish_nothing(demonstration):
    before = demonstration.release_id(), demonstration.published()
    run = demonstration.lienthong("run")
    assert "Nothing changed" in run.stdout
    assert (demonstration.release_id(), demonstration.published()) == before


@pytest.mark.timeout(300)
def test_a_working_day_changes_exactly_the_changed_rows_and_can_be_rolled_back(demonstration):
    before, old = demonstration.release_id(), demonstration.published()
    demonstration.lienthong("demo", "mutate", "--share", "0.01", "--seed", "11")
    demonstration.lienthong("run")
    new = demonstration.release_id()
    assert new > before
    for dataset, told in demonstration.mutation()["datasets"].items():
        found = difference(demonstration, dataset, before, new)
        assert {kind: sorted(keys) for kind, keys in found.items()} == {k: sorted(v) for k, v in told.items()}, dataset
    demonstration.lienthong("rollback", "--to", str(before), "--reason", "a wrong day")
    assert demonstration.published() == old
    assert "rolled back" in demonstration.lienthong("run").stderr, "what was rolled back is not published again"
    assert demonstration.release_id() == before
    demonstration.lienthong("rollback", "--to", str(new), "--reason", "it was right")
    assert demonstration.release_id() == new


def test_the_report_of_that_day_is_whole_in_a_browser(demonstration):
    look_at_report(demonstration)


def difference(demonstration, dataset, before, after):
    """The keys of the rows in which two releases of a dataset differ, as the reader of both sees it."""
    ((key,),) = demonstration.rows("select key_columns[1] from release.dataset where dataset = %s", dataset)
    rows = "(select {} as key, to_jsonb(v) - 'source_as_of' as content from shared.{}_at(%s) as v)"
    query = (
        f"select coalesce(o.key, n.key), o.key is null, n.key is null from {rows} as o full join {rows} as n"
        " on o.key = n.key where o.content is distinct from n.content"
    )
    changes = demonstration.rows(query.format(key, dataset, key, dataset), before, after)
    return {
        "added": [key for key, is_new, _ in changes if is_new],
        "edited": [key for key, is_new, is_gone in changes if not is_new and not is_gone],
        "deleted": [key for key, _, is_gone in changes if is_gone],
    }
