"""What a release touches, by the names and places by which dossiers can meet it; and which dossiers meet none of it.

A dossier that names nothing touched, lies on no touched place and sees the same sources as too old has the same answers
in both releases, because a check reads released rows by what the subject names, and what follows from these rows by
key. The steps from one key to another (a zone that is held to the parcels it lies over, a parcel to its neighbours, a
parcel to its parts) are taken here, from what is touched, so that dossiers need not be resolved. Where that would not
be sound, everything is asked: see `write_touched`.
"""

from collections.abc import Mapping

import psycopg
from psycopg import sql

from connectors.warehouse.release_tables import read_columns

_BY_NUMBER = "'parcel:' || r.commune_code || '/' || r.sheet_no || '/' || r.parcel_no"
_BY_OLD_NUMBER = "'parcel:' || r.source_commune_code || '/' || r.sheet_no || '/' || r.parcel_no"
_BEFORE_RENUMBERING = (
    "array(select 'parcel:' || c || '/' || r.old_sheet_no || '/' || r.old_parcel_no "
    "from unnest(r.old_commune_code || coalesce(r.old_commune_codes, '{}')) as c)"
)
_PARCEL = "'land_parcel:' || r.parcel_key"
_NUMBER = "r.number || '/' || r.symbol || '-' || r.issuer"
_FACILITY = "'facility:' || r.facility_key"
# By dataset, how the checks search it: a row that changed touches the dossiers that state one of these. Keys, and the
# numbers of documents, bear their dataset: those of several can be the same text.
_NAMES = {
    "land_parcel": f"array[{_PARCEL}, r.parcel_uid, {_BY_NUMBER}, {_BY_OLD_NUMBER}]",
    "land_parcel_use": f"array[{_PARCEL}]",
    "land_parcel_lineage": (
        "array['land_parcel:' || r.old_parcel_key, 'land_parcel:' || r.new_parcel_key] || " + _BEFORE_RENUMBERING
    ),
    "land_right": f"array[{_PARCEL}, r.certificate_serial]",
    "land_restriction": "array(select 'land_parcel:' || k from unnest(r.parcel_keys) as k)",
    "party": "array['party:' || r.party_key, r.organisation_tax_code]",
    "parcel_constraint": f"array[{_PARCEL}]",
    "mineral_constraint_piece": "'{}'::text[]",
    "mineral_zone": "'{}'::text[]",
    "protected_area": "'{}'::text[]",
    "mineral_licence": f"array['mineral_licence:' || r.licence_key, 'mineral_licence:' || {_NUMBER}]",
    "facility": f"array[{_FACILITY}]",
    "environmental_permit": (
        f"array['environmental_permit:' || r.permit_key, 'environmental_permit:' || {_NUMBER}, {_FACILITY}]"
    ),
    "eia_decision": f"array[{_FACILITY}, 'eia_decision:' || {_NUMBER}]",
}
_ONE_SIDED = (
    "((r.from_release <= {base} and r.to_release > {base}) <> (r.from_release <= {staged} and r.to_release > {staged}))"
)
_EITHER = "r.from_release <= {staged} and r.to_release > {base}"

_TABLES = """
create temp table touched (name text, is_near boolean not null default false) on commit drop;
create temp table touched_place (geom geometry, is_near boolean) on commit drop
"""
_CHANGED = "insert into touched (name) select distinct unnest({names}) from release.{table} as r where {one_sided}"
_HELD = """
insert into touched (name)
select distinct unnest(array_append(h.concerns, h.dataset || ':' || h.record_key)) from (
    (
        select dataset, record_key, concerns from quality.row_outcome where outcome = 'held' and release_id = {base}
        except
        select dataset, record_key, concerns from quality.row_outcome where outcome = 'held' and release_id = {staged}
    )
    union all
    (
        select dataset, record_key, concerns from quality.row_outcome where outcome = 'held' and release_id = {staged}
        except
        select dataset, record_key, concerns from quality.row_outcome where outcome = 'held' and release_id = {base}
    )
) as h
"""
_PARCELS = "select substr(t.name, length('land_parcel:') + 1) from touched as t where t.name like 'land\\_parcel:%'"
# From a record that is held, or no longer, to the parcels and places that are met by it. The first three go by what is
# held itself, so they come first.
_FROM_HELD = (
    ("land_parcel", """
        insert into touched_place select r.geom, true from release.land_parcel as r
        where r.parcel_key in ({parcels}) and {either}"""),
    ("parcel_constraint", """
        insert into touched (name) select distinct {parcel} from release.parcel_constraint as r
        where r.constraint_dataset || ':' || r.constraint_key in (select t.name from touched as t) and {either}"""),
    ("mineral_constraint_piece", """
        insert into touched_place select r.geom, false from release.mineral_constraint_piece as r
        where r.constraint_dataset || ':' || r.constraint_key in (select t.name from touched as t) and {either}"""),
    ("land_parcel", """
        insert into touched (name) select distinct {parcel} from release.land_parcel as r
        where exists (select from touched as t where t.name like any('{{commune:%,unit:%}}'))
            and (
                'commune:' || r.commune_code in (select t.name from touched as t)
                or 'unit:' || r.source_commune_code in (select t.name from touched as t)
            )
            and {either}"""),
    ("administrative_unit", """
        insert into touched_place select r.geom, false from release.administrative_unit as r
        where 'commune:' || r.code in (select t.name from touched as t) and r.geom is not null and {either}"""),
    ("land_parcel", """
        insert into touched_place select st_expand(shared.cell_box(t.name), 0.000001), true from touched as t
        where t.name like any('{{cell:%,lot:%}}') and shared.cell_box(t.name) is not null"""),
    # A parcel of very many cells asks for any cell.
    ("land_parcel", """
        insert into touched (name, is_near) select distinct {parcel}, true from release.land_parcel as r
        where exists (select from touched as t where t.name like '%:any')
            and ((st_xmax(r.geom) - st_xmin(r.geom)) / 0.001 + 2)
            * ((st_ymax(r.geom) - st_ymin(r.geom)) / 0.001 + 2) > 2500
            and {either}"""),
)  # fmt: skip
# From what changed to its neighbours, and from every parcel touched to its numbers. A parcel that came, went or moved
# is near to those that lie on its place, and so is a licence, zone or protected area whose last good version alone
# is served: that matters where a procedure asks what lies at the place. A tax code matters where it comes or goes.
_FROM_CHANGED = (
    ("mineral_constraint_piece", """
        insert into touched_place select r.geom, false from release.mineral_constraint_piece as r
        where {one_sided}"""),
    ("mineral_licence", """
        insert into touched_place select r.geom, true from release.mineral_licence as r
        where (r.is_held or r.status <> 'IN_FORCE') and r.geom is not null and {one_sided}"""),
    ("mineral_zone", """
        insert into touched_place select r.geom, true from release.mineral_zone as r
        where (r.is_held or r.status <> 'IN_FORCE') and r.geom is not null and {one_sided}"""),
    ("protected_area", """
        insert into touched_place select r.geom, true from release.protected_area as r
        where (r.is_held or r.status <> 'IN_FORCE') and r.geom is not null and {one_sided}"""),
    ("land_parcel", """
        insert into touched (name, is_near)
        select 'several:', true where exists (select from touched_place as a where a.is_near)
        union all
        select 'dossier:' || d.line_no, true from pg_temp.dossier as d
        cross join lateral (
            select st_setsrid(st_extent(r.geom)::geometry, 4756) as geom from release.land_parcel as r
            where r.parcel_key = any(array(
                select substr(n, {key_from}) from unnest(d.names) as n where n like 'land\\_parcel:%'
            )) and {either}
        ) as box
        where d.subject ? 'parcel_keys'
            and exists (select from touched_place as a where a.is_near and a.geom && box.geom)"""),
    ("mineral_licence", """
        insert into touched (name) select r.holder_tax_code from release.mineral_licence as r where {one_sided}
        group by r.licence_key, r.holder_tax_code, r.is_held having count(*) = 1"""),
    # A licence ends when the one that replaces it begins.
    ("mineral_licence", """
        insert into touched (name)
        select distinct 'mineral_licence:' || n
        from release.mineral_licence as r inner join release.mineral_licence as f on r.licence_key = f.replaced_by
        cross join unnest(array[f.licence_key, f.number || '/' || f.symbol || '-' || f.issuer]) as n
        where {one_sided} and f.from_release <= {staged} and f.to_release > {base}"""),
    ("facility", """
        insert into touched (name) select r.operator_tax_code from release.facility as r where {one_sided}
        group by r.facility_key, r.operator_tax_code, r.is_held having count(*) = 1"""),
    # Holders are told apart by what is on record of them: it matters to the parcels that they hold.
    ("land_right party", """
        insert into touched (name)
        select distinct 'land_parcel:' || h.parcel_key from release.land_right as h
        where h.party_key in (
            select r.party_key from release.party as r where {one_sided}
            group by r.party_key, r.kind, r.organisation_tax_code, r.organisation_name, r.is_held having count(*) = 1
        ) and h.from_release <= {staged} and h.to_release > {base}"""),
    ("land_parcel", """
        insert into touched_place
        select r.geom, true from release.land_parcel as r where {one_sided}
        group by r.parcel_key, r.geom having count(*) = 1"""),
    ("land_parcel", """
        insert into touched (name, is_near)
        select distinct {parcel}, true from touched_place as a
        inner join release.land_parcel as r on r.geom && a.geom
        where a.is_near and {either}"""),
    ("land_parcel", """
        insert into touched (name, is_near)
        select distinct unnest(array[r.parcel_uid, {by_number}, {by_old_number}]), t.is_near
        from touched as t inner join release.land_parcel as r on substr(t.name, {key_from}) = r.parcel_key
        where t.name like 'land\\_parcel:%' and {either}"""),
    ("land_parcel_lineage", """
        insert into touched (name, is_near) select distinct unnest({before_renumbering}), t.is_near
        from touched as t inner join release.land_parcel_lineage as r on substr(t.name, {key_from}) = r.new_parcel_key
        where t.name like 'land\\_parcel:%' and {either}"""),
)  # fmt: skip
_READING = """
create temp table reading (name text primary key, datasets text[], looks_around boolean) on commit drop
"""
_FILL_READING = """
insert into reading
select n.name, array_agg(distinct d.dataset), bool_or(r.subject = 'PLACE' or r.check_code = 'NO_PARCEL_OVERLAP')
from release.procedure as p
inner join release.procedure_requirement as r on p.procedure_code = r.procedure_code
cross join lateral unnest(array[p.procedure_code, p.catalogue_no]) as n (name)
left join lateral unnest(r.datasets) as d (dataset) on true
where n.name is not null
group by n.name
"""
_FINISH = """
delete from touched where name is null;
create index on touched (name);
create index on touched_place using gist (geom);
analyze touched, touched_place
"""


def write_touched(conn: psycopg.Connection, base: int | None, staged: int) -> bool:
    """Fill the temporary tables `touched` (names) and `touched_place` (VN-2000, EPSG:4756) of this transaction.

    The dossiers are in the temporary table `dossier`: those of several parcels are looked at as wholes.
    True when all dossiers are to be asked: before the first release, and where the release changes something by which
    they are not told apart, such as the catalogue of procedures.
    """
    conn.execute(_TABLES)
    if base is None:
        return True
    parts = _parts(base, staged)
    read = _datasets_read(conn)
    if _publishes_other_datasets(conn, parts) or any(_has_changed(conn, n, parts) for n in read - _NAMES.keys()):
        return True
    conn.execute(sql.SQL(_HELD).format(**parts))
    if conn.execute("select exists (select from touched where name like '%:large')").fetchone() != (False,):
        return True  # a record too large for cells is met at every place
    _take(conn, _FROM_HELD, read, parts)
    for name in sorted(read & _NAMES.keys()):
        conn.execute(sql.SQL(_CHANGED).format(names=sql.SQL(_NAMES[name]), table=sql.Identifier(name), **parts))
    _take(conn, _FROM_CHANGED, read, parts)
    conn.execute(_FINISH)
    return False


def has_catalogue(conn: psycopg.Connection) -> bool:
    """Whether a catalogue of procedures was ever staged."""
    return {"procedure", "procedure_requirement"} <= _datasets_read(conn)


def write_reading(conn: psycopg.Connection) -> None:
    """Fill the temporary table `reading`: by code and by catalogue number, what the checks of a procedure read.

    Of every release, so that it holds for any two of them.
    """
    conn.execute(_READING)
    if has_catalogue(conn):
        conn.execute(_FILL_READING)


def _parts(base: int, staged: int) -> dict[str, sql.Composable]:
    numbers = {"base": sql.Literal(base), "staged": sql.Literal(staged)}
    return {
        **numbers,
        "one_sided": sql.SQL(_ONE_SIDED).format(**numbers),
        "either": sql.SQL(_EITHER).format(**numbers),
        "parcel": sql.SQL(_PARCEL),
        "parcels": sql.SQL(_PARCELS),
        "key_from": sql.Literal(len("land_parcel:") + 1),
        "by_number": sql.SQL(_BY_NUMBER),
        "by_old_number": sql.SQL(_BY_OLD_NUMBER),
        "before_renumbering": sql.SQL(_BEFORE_RENUMBERING),
    }


def _take(
    conn: psycopg.Connection, steps: tuple[tuple[str, str], ...], read: set[str], parts: Mapping[str, sql.Composable]
) -> None:
    for needed, step in steps:
        if read.issuperset(needed.split()):
            conn.execute("analyze touched, touched_place")
            conn.execute(sql.SQL(step).format(**parts))


def _datasets_read(conn: psycopg.Connection) -> set[str]:
    """The datasets that any check reads, as far as they were ever staged: by the text of the checks."""
    named = {name for (name,) in conn.execute("select preview.tables_read()")}
    return {name for name in named if "to_release" in {c.name for c in read_columns(conn, f"release.{name}")}}


def _has_changed(conn: psycopg.Connection, name: str, parts: Mapping[str, sql.Composable]) -> bool:
    query = "select exists (select from release.{table} as r where {one_sided})"
    row = conn.execute(sql.SQL(query).format(table=sql.Identifier(name), **parts)).fetchone()
    return row is None or bool(row[0])


def _publishes_other_datasets(conn: psycopg.Connection, parts: Mapping[str, sql.Composable]) -> bool:
    query = (
        "select count(*) > 0 from (select dataset from release.dataset_release where release_id in ({base}, {staged}) "
        "group by dataset having count(*) = 1) as d"
    )
    row = conn.execute(sql.SQL(query).format(**parts)).fetchone()
    return row is None or bool(row[0])
