"""In which commune of today a record lies, as SQL: for reports and for waivers that reach some communes only.

A record is in the commune that it names, that its geometry lies in, or that the record it refers to lies in
(`parcel_key`, `station_key`, …: the key of another dataset). What has none of these has no place.
"""

from collections.abc import Iterable, Mapping

import psycopg
from psycopg import sql

from connectors.warehouse.datasets import Dataset

Columns = Mapping[str, list[str]]

UNITS = "warehouse.administrative_unit"
NO_COMMUNE = sql.SQL("null::text")
_COLUMNS = """
select c.dataset, array_agg(a.attname::text order by a.attnum)
from unnest(%s::text[], %s::text[]) as c (dataset, relation)
inner join pg_catalog.pg_attribute as a on a.attrelid = to_regclass(c.relation)
where a.attnum > 0 and not a.attisdropped
group by c.dataset
"""
_INSIDE = sql.SQL("""left join lateral (
    select u.code from warehouse.administrative_unit as u
    where u.level = 'commune' and u.valid_to is null and st_intersects(u.geom, st_pointonsurface({owner}.geom))
    order by u.code limit 1
) as inside on true""")


def read_columns_of(conn: psycopg.Connection, datasets: Iterable[Dataset]) -> dict[str, list[str]]:
    """Per dataset the columns of its relation; a dataset without a relation is left out."""
    relations = {dataset.name: dataset.relation for dataset in datasets}
    return dict(conn.execute(_COLUMNS, (list(relations), list(relations.values()))).fetchall())


def same_record_sql(dataset: Dataset, outcome: str, row: str) -> sql.Composable:
    """The condition that a row of quality.row_outcome and one of the relation are the same record."""
    record_key = sql.SQL("{}.record_key = ").format(sql.SQL(outcome))
    if len(dataset.key) == 1:  # compared as it stands, so that its index serves
        return record_key + sql.SQL("{}.{}::text").format(sql.SQL(row), sql.Identifier(dataset.key[0]))
    return record_key + sql.SQL(dataset.record_key_sql(row))


def commune_sql(
    dataset: Dataset, known: Mapping[str, Dataset], columns: Columns
) -> tuple[sql.Composable, sql.Composable]:
    """The SQL of the commune of a row `r` of the relation, and the join it needs."""
    own = columns[dataset.name]
    if dataset.relation == UNITS:
        return sql.SQL("r.code"), sql.SQL("")
    if "commune_code" in own:
        return sql.SQL("r.commune_code"), sql.SQL("")
    if "geom" in own:
        return sql.SQL("inside.code"), _INSIDE.format(owner=sql.SQL("r"))
    for other in known.values():
        (key, *more) = other.key
        if not more and key in own and other.name != dataset.name and "commune_code" in columns.get(other.name, ()):
            join = sql.SQL("left join {} as o on r.{} = o.{}").format(
                sql.Identifier(*other.relation.split(".")), sql.Identifier(key), sql.Identifier(key)
            )
            return sql.SQL("o.commune_code"), join
    return NO_COMMUNE, sql.SQL("")
