"""By what a person of the demonstration would be recognised: each value of each column that a contract calls personal.

Not a test. A column that a contract marks is searched for at once; what is left out is said here, with the reason.
"""

from connectors.contracts import load_contracts
from tests.journey.conftest import Demonstration

SHORTEST = 6
"""Shorter values are found in any text."""
# Streets and communes are named after people: a value that is also (part of) the name of a place shows nothing.
_PLACES = """
select ten from raw.administrative_units__legacy_ward
union select full_name from raw.administrative_units__unit_2025
"""
# An organisation is no person: its tax code (10 digits, 13 with a branch) and its name are public.
_ORGANISATION_CODE = "{column} ~ '^[0-9]{{10}}(-?[0-9]{{3}})?$'"
_ORGANISATION_NAME = "{column} ~ '^(Công ty|Doanh nghiệp|Hợp tác xã|Tập đoàn|Tổng công ty|Ngân hàng|Ủy ban|UBND) '"


def personal_columns(demonstration: Demonstration) -> list[tuple[str, str, str, bool]]:
    """Table in `raw`, column, type and whether it is pseudonymised, of every personal column of the contracts."""
    found = [
        (f"raw.{system}__{table.name}", column.name, column.type, column.personal == "pseudonymise")
        for system, contract in load_contracts().items()
        for table in contract.tables
        for column in table.columns
        if column.personal != "none"
    ]
    loaded = demonstration.rows(
        "select format('%s.%s', table_schema, table_name), column_name from information_schema.columns "
        "where table_schema = 'raw'"
    )
    missing = {(table, column) for table, column, _, _ in found} - set(loaded)
    assert not missing, f"contracts name personal columns that are not in raw, so nothing searches for them: {missing}"
    return found


def values_by_column(demonstration: Demonstration) -> dict[str, set[str]]:
    """What is searched for of each personal column; days are in `birth_dates`."""
    places = public_names(demonstration)
    found = {}
    for table, column, kind, is_pseudonymised in personal_columns(demonstration):
        if kind == "date":
            continue
        public = (_ORGANISATION_CODE if is_pseudonymised else _ORGANISATION_NAME).format(column=f"{column}::text")
        rows = demonstration.rows(
            f"select distinct {column}::text from {table} where {column} is not null and not {public}"
        )
        lines = {line.strip() for (value,) in rows for line in value.splitlines()}
        found[f"{table}.{column}"] = {line for line in lines if len(line) >= SHORTEST and line not in places}
    return found


def personal_values(demonstration: Demonstration) -> list[str]:
    """All of them, each once."""
    return sorted(set().union(*values_by_column(demonstration).values()))


def public_names(demonstration: Demonstration) -> str:
    """Names of places, one per line: without accents or turned round a person's name may read like one."""
    return "\n".join(name for (name,) in demonstration.rows(_PLACES))


def personal_days(demonstration: Demonstration) -> set:
    """Every day that a personal column states, as birth dates."""
    days = [c for c in personal_columns(demonstration) if c[2] == "date"]
    union = " union ".join(f"select {column} from {table} where {column} is not null" for table, column, *_ in days)
    return {day for (day,) in demonstration.rows(union)}
