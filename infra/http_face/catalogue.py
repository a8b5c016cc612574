"""Which relations of `shared` are served as collections, read from the database and read again as releases come.

Served are the datasets and what describes them; the `_version` views (every version ever served) and functions are not.
"""

import time
from typing import Any

import asyncpg
from fastapi import FastAPI, Request
from tipg.collections import Catalog, CollectionList
from tipg.dependencies import CollectionParams, CollectionsParams

from infra.http_face.collection import SharedCollection, make_collection
from infra.http_face.problems import BadQuestion

FRESH_SECONDS = 30.0
# What tipg offers, but filters (see limits.py) and the choice among columns that no collection has two of.
PARAMETERS = frozenset(
    ("f", "ids", "bbox", "datetime", "properties", "sortby", "limit", "offset", "bbox-only", "simplify")
)
# Relations beside the datasets, with the columns that tell their rows apart.
DESCRIPTIONS = {
    "release": ["release_id"],
    "dataset_status": ["dataset"],
    "dataset_key": ["dataset"],
    "held_record": ["dataset", "record_key"],
    "held_spell": ["dataset", "record_key", "first_release"],
    "rule": ["rule_id", "dataset"],
    "once_only_coverage": ["procedure_code", "check_code"],
}
_DATASETS = "select dataset, key_columns, title_vi || ' / ' || title_en as title from shared.dataset_key"
_COLUMNS = r"""
select
    c.relname as relation,
    regexp_replace(obj_description(c.oid), '\s+', ' ', 'g') as title,
    jsonb_agg(jsonb_build_object(
        'name', a.attname,
        'pg_type', format_type(a.atttypid, null),
        'type', case format_type(a.atttypid, null)
            when 'timestamp with time zone' then 'timestamptz' when 'double precision' then 'float8'
            when 'character varying' then 'text' else format_type(a.atttypid, null) end,
        'description', regexp_replace(col_description(c.oid, a.attnum), '\s+', ' ', 'g'),
        'geometry_type', case when a.atttypid = 'geometry'::regtype then postgis_typmod_type(a.atttypmod) end,
        'srid', case when a.atttypid = 'geometry'::regtype then postgis_typmod_srid(a.atttypmod) end
    ) order by a.attnum) as columns
from pg_class as c
inner join pg_attribute as a on c.oid = a.attrelid
where c.relnamespace = 'shared'::regnamespace and c.relkind = 'v' and a.attnum > 0 and not a.attisdropped
    and has_table_privilege(c.oid, 'select')
group by c.oid, c.relname
"""


async def refresh(app: FastAPI) -> None:
    """Read the collections anew when what is known is older than `FRESH_SECONDS`."""
    if time.monotonic() - getattr(app.state, "catalogue_read_at", -FRESH_SECONDS) < FRESH_SECONDS:
        return
    async with app.state.pool.acquire() as conn:
        collections = await read_collections(conn)
    app.state.collection_catalog = Catalog(collections=collections, last_updated=None)  # type: ignore[typeddict-item]
    app.state.catalogue_read_at = time.monotonic()


async def read_collections(conn: asyncpg.Connection) -> dict[str, SharedCollection]:
    """The collections by id, `shared.<relation>`."""
    datasets = await conn.fetch(_DATASETS)
    keys: dict[str, tuple[list[str], str | None]] = {name: (key, None) for name, key in DESCRIPTIONS.items()}
    keys |= {row["dataset"]: (list(row["key_columns"]), row["title"]) for row in datasets}
    found: dict[str, SharedCollection] = {}
    for row in await conn.fetch(_COLUMNS):
        if row["relation"] in keys:
            key, title = keys[row["relation"]]
            made = make_collection(row["relation"], title or row["title"] or row["relation"], key, row["columns"])
            found[made.id] = made
    return dict(sorted(found.items()))


async def one_collection(request: Request, collectionId: str) -> Any:  # noqa: N803 - the name of the path parameter
    """The collection of a request; with or without `shared.` before its name."""
    await refresh(request.app)
    name = collectionId if "." in collectionId else f"shared.{collectionId}"
    found = CollectionParams(request, name)
    if strange := request.query_params.keys() - {c.name for c in found.properties} - PARAMETERS:
        # A misspelt condition that was passed over would answer with everything.
        raise BadQuestion(
            f"{', '.join(sorted(strange))} is no column and no parameter",
            accepted=", ".join(sorted(PARAMETERS)) + ", and the columns of the queryables",
        )
    return found


async def all_collections(request: Request, limit: int = 100, offset: int = 0) -> CollectionList:
    """All collections, a page of them."""
    await refresh(request.app)
    return CollectionsParams(request, None, None, None, max(1, min(limit, 100)), max(0, offset))
