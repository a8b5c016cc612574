"""Where failing records lie: per rule the number of keys in each commune of today (see `record_places.py`)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import psycopg
from psycopg import sql

from connectors.warehouse.datasets import Dataset
from expectations.record_places import UNITS, Columns, commune_sql, read_columns_of, same_record_sql

_COUNTS = sql.SQL("""
with failing as materialized (
    select record_key, rule_ids from quality.row_outcome where release_id = {release_id} and dataset = {dataset}
),
placed as (
    select distinct on (f.record_key) f.record_key, f.rule_ids, {commune} as commune_code
    from failing as f
    left join {relation} as r on {same}
    {join}
    order by f.record_key, commune_code
)
select i.rule_id, p.commune_code, count(*)
from placed as p cross join unnest(p.rule_ids) as i (rule_id)
group by 1, 2
""")


class Place(NamedTuple):
    """A commune or province, and how many failing keys lie in it; code and names are None where nobody knows."""

    code: str | None
    name: str | None
    province_code: str | None
    province: str | None
    records: int


def count_places(
    conn: psycopg.Connection, release_id: int, datasets: Iterable[Dataset]
) -> dict[tuple[str, str], list[Place]]:
    """Per (dataset, rule) the communes in which records fail, the worst first.

    Counted in the warehouse as it is now: right after the check this is what was judged.
    """
    known = {dataset.name: dataset for dataset in datasets}
    columns = read_columns_of(conn, known.values())
    if not _exists(conn, UNITS):
        return {}
    failing = conn.execute("select distinct dataset from quality.row_outcome where release_id = %s", (release_id,))
    found: dict[tuple[str, str], list[tuple[str | None, int]]] = defaultdict(list)
    for (name,) in failing.fetchall():
        if columns.get(name):
            for rule_id, code, count in conn.execute(_query(known[name], release_id, known, columns)):
                found[name, rule_id].append((code, count))
    names = _names(conn, {code for counts in found.values() for code, _ in counts if code})
    return {
        key: sorted((_place(code, count, names) for code, count in counts), key=lambda p: (-p.records, p.code or "~"))
        for key, counts in found.items()
    }


def _query(dataset: Dataset, release_id: int, known: Mapping[str, Dataset], columns: Columns) -> sql.Composed:
    commune, join = commune_sql(dataset, known, columns)
    return _COUNTS.format(
        release_id=sql.Literal(release_id),
        dataset=sql.Literal(dataset.name),
        relation=sql.Identifier(*dataset.relation.split(".")),
        same=same_record_sql(dataset, "f", "r"),
        commune=commune,
        join=join,
    )


def _exists(conn: psycopg.Connection, relation: str) -> bool:
    row = conn.execute("select to_regclass(%s) is not null", (relation,)).fetchone()
    return bool(row and row[0])


def _names(conn: psycopg.Connection, codes: set[str]) -> dict[str, tuple[str, str | None, str | None]]:
    rows = conn.execute(
        "select distinct on (u.code) u.code, u.full_name, p.code, p.full_name from warehouse.administrative_unit as u"
        " left join warehouse.administrative_unit as p on u.parent_code = p.code and p.valid_to is null"
        " where u.code = any(%s) order by u.code, u.valid_from desc",
        (sorted(codes),),
    )
    return {code: (name, province_code, province) for code, name, province_code, province in rows}


def _place(code: str | None, count: int, names: Mapping[str, tuple[str, str | None, str | None]]) -> Place:
    name, province_code, province = names.get(code or "", (code, None, None))
    return Place(code, name, province_code, province, count)
