"""Every shared dataset carries where it comes from, how old it is, since and until when it holds, and if it is held."""

import pytest

CARRIED = {
    "source_system": "text",
    "source_as_of": "timestamp with time zone",
    "valid_from": None,  # a day, or the hour of a measurement
    "valid_to": None,
    "is_held": "boolean",
}
# Datasets whose sources state no validity at all, so that nothing is made up.
NO_VALIDITY = {"facility", "monitoring_station", "party"}
# Of checks that no register answers.
NO_SYSTEM = {"procedure_requirement"}
COLUMNS = """
select c.table_name, c.column_name, c.data_type,
    col_description(format('shared.%I', c.table_name)::regclass, c.ordinal_position)
from information_schema.columns as c inner join shared.dataset_status as d on c.table_name = d.dataset
where c.table_schema = 'shared'
"""


@pytest.fixture(scope="module")
def columns(demonstration) -> dict[str, dict[str, tuple[str, str | None]]]:
    found: dict[str, dict[str, tuple[str, str | None]]] = {}
    for dataset, column, kind, meaning in demonstration.rows(COLUMNS):
        found.setdefault(dataset, {})[column] = (kind, meaning)
    assert len(found) >= 28
    return found


def test_every_dataset_carries_the_five_columns_and_says_what_they_mean(columns):
    lacking = {
        (dataset, name)
        for dataset, its in columns.items()
        for name, kind in CARRIED.items()
        if name not in its or (kind and its[name][0] != kind) or not its[name][1]
    }
    assert not lacking


def test_they_are_filled_where_the_sources_say_anything(columns, demonstration):
    query = (
        "select count(*), count(source_system), count(valid_from), count(is_held), count(source_as_of) from shared.{}"
    )
    wrong = {}
    for dataset in columns:
        rows, systems, valid, held, age = demonstration.rows(query.format(dataset))[0]
        told = {
            "source_system": systems == rows or (dataset in NO_SYSTEM and systems > 0),
            "valid_from": valid == 0 if dataset in NO_VALIDITY else valid > 0.9 * rows,
            "is_held": held == rows,
            "source_as_of": age in (0, rows),
        }
        if rows == 0 or not all(told.values()):
            wrong[dataset] = (rows, told)
    assert not wrong


def test_a_right_holds_since_its_certificate_and_a_descent_since_its_day(demonstration):
    assert demonstration.rows(
        "select count(*) from shared.land_right where valid_from is distinct from certificate_issued_on"
    ) == [(0,)]
    assert demonstration.rows(
        "select count(*), count(*) filter (where valid_from = effective_on) = count(*) from shared.land_parcel_lineage"
    )[0][1]
