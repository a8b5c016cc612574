"""One relation of schema `shared` as a collection of tipg, asked by parameters only.

tipg's own collection writes conditions into the text of its queries. Here identifiers come from the catalogue of the
database and every value of a request is a parameter.
"""

from typing import Any

import asyncpg
from ciso8601 import parse_rfc3339
from tipg.collections import Collection, Column, Feature, ItemList
from tipg.errors import InvalidDatetime, InvalidPropertyName

from infra.http_face.problems import BadQuestion

LARGEST_PAGE = 1_000
_NOT_SEARCHED = ("geometry", "jsonb", "bytea")


class SharedCollection(Collection):
    """A relation `shared.<table>`, its key columns, and the types of its columns as PostgreSQL writes them."""

    key_columns: list[str]
    pg_types: dict[str, str]

    @property
    def queryables(self) -> dict[str, Any]:
        """The columns with what they mean."""
        known = {column.name: column.description for column in self.properties}
        return {
            name: schema | ({"description": known[name]} if known[name] else {})
            for name, schema in super().queryables.items()
        }

    async def features(self, conn: asyncpg.Connection, **asked: Any) -> ItemList:
        """One page. Count and page are of one release: they are read in one snapshot."""
        limit, offset = asked.get("limit") or 1, asked.get("offset") or 0
        values: list[Any] = []
        where = self._where(asked, values)
        async with conn.transaction(isolation="repeatable_read", readonly=True):
            matched = await self._count(conn, where, values)
            rows = await conn.fetch(self._page(asked, where, values), *values, limit, offset)
        items = [Feature(type="Feature", id=r["id"], geometry=r["geometry"], properties=r["properties"]) for r in rows]
        return ItemList(
            items=items,
            matched=matched,
            next=offset + len(items) if offset + len(items) < matched else None,
            prev=max(offset - limit, 0) if offset else None,
        )

    async def get_tile(self, *_args: Any, **_kwargs: Any) -> bytes:
        """Not served."""
        raise BadQuestion("tiles are not served here", accepted="/collections/{id}/items", status=404)

    async def _count(self, conn: asyncpg.Connection, where: str, values: list[Any]) -> int:
        if where == "true":  # a release knows how many rows it has
            known = await conn.fetchval("select row_count from shared.dataset_status where dataset = $1", self.table)
            if known is not None:
                return int(known)
        return int(await conn.fetchval(f"select count(*) from {self._name} as v where {where}", *values))  # noqa: S608

    def _page(self, asked: dict[str, Any], where: str, values: list[Any]) -> str:
        chosen = asked.get("properties")
        names = [c for c in self.columns(None) if chosen is None or c in chosen]
        columns = ", ".join(f"v.{_quoted(c)}" for c in names) or "null as nothing"
        geometry = self._geometry(asked)
        return (
            f"select {self._id} as id, {geometry} as geometry, "  # noqa: S608
            f"{'to_jsonb(p)' if names else 'jsonb_build_object()'} as properties "
            f"from (select v.* from {self._name} as v where {where} {self._order(asked.get('sortby'))} "
            f"limit ${len(values) + 1} offset ${len(values) + 2}) as v cross join lateral (select {columns}) as p"
        )

    def _geometry(self, asked: dict[str, Any]) -> str:
        if self.geometry_column is None or (asked.get("geom") or "").lower() == "none":
            return "null::json"
        shape = f"st_transform(v.{_quoted(self.geometry_column.name)}, 4326)"
        if asked.get("bbox_only"):
            shape = f"st_envelope({shape})"
        elif asked.get("simplify"):
            shape = f"st_simplifypreservetopology({shape}, {_tolerance(asked['simplify'])})"
        return f"st_asewkt({shape})" if asked.get("geom_as_wkt") else f"st_asgeojson({shape}, 8)::json"

    def _where(self, asked: dict[str, Any], values: list[Any]) -> str:
        if asked.get("cql_filter") is not None:
            raise BadQuestion("filter is not served here", accepted="conditions as parameters")
        parts = [self._equals(name, text, values) for name, text in asked.get("properties_filter") or []]
        if asked.get("ids_filter"):
            parts.append("(" + " or ".join(self._has_id(key, values) for key in asked["ids_filter"]) + ")")
        if asked.get("bbox_filter"):
            parts.append(self._in_box(asked["bbox_filter"], values))
        if asked.get("datetime_filter"):
            parts.append(self._in_force(asked["datetime_filter"], values))
        return " and ".join(parts) or "true"

    def _equals(self, name: str, text: str, values: list[Any]) -> str:
        kind = self.pg_types.get(name)
        if kind is None or kind.startswith(_NOT_SEARCHED):
            raise BadQuestion(f"items cannot be searched by {name}", accepted="a column of the queryables")
        values.append(text)
        if kind.endswith("[]"):
            return f"v.{_quoted(name)} @> array[${len(values)}::text::{kind.removesuffix('[]')}]"
        return f"v.{_quoted(name)} = ${len(values)}::text::{kind}"

    def _has_id(self, key: str, values: list[Any]) -> str:
        parts = key.split("|")
        if len(parts) != len(self.key_columns):
            raise BadQuestion("the id has not the parts of the key", accepted="|".join(self.key_columns))
        pairs = zip(self.key_columns, parts, strict=True)
        return "(" + " and ".join(self._equals(column, part, values) for column, part in pairs) + ")"

    def _in_box(self, box: list[float], values: list[Any]) -> str:
        if self.geometry_column is None:
            raise BadQuestion("the collection has no geometry", accepted="no bbox")
        west, south, east, north = box if len(box) == 4 else (box[0], box[1], box[3], box[4])
        values += [west, south, east, north]
        n = len(values)
        shape = f"v.{_quoted(self.geometry_column.name)}"
        area = f"st_transform(st_makeenvelope(${n - 3}, ${n - 2}, ${n - 1}, ${n}, 4326), 4756)"
        return f"({shape} && {area} and st_intersects({shape}, {area}))"

    def _in_force(self, interval: list[str], values: list[Any]) -> str:
        if not {"valid_from", "valid_to"} <= self.pg_types.keys():
            raise BadQuestion("the collection has no time in force", accepted="no datetime")
        first, last = interval[0], interval[-1]
        for text in {first, last} - {"..", ""}:
            _assert_time(text)
        parts = []
        for column, sign, text in (("valid_to", ">=", first), ("valid_from", "<=", last)):
            if text not in ("..", ""):
                values.append(text)
                comparison = f"v.{column} {sign} ${len(values)}::text::timestamptz::{self.pg_types[column]}"
                parts.append(f"(v.{column} is null or {comparison})")
        return " and ".join(parts) or "true"

    def _order(self, sortby: str | None) -> str:
        asked = [part.strip() for part in (sortby or "").split(",") if part.strip()]
        for part in asked:
            if self.pg_types.get(part.lstrip("+-"), "geometry").startswith(_NOT_SEARCHED):
                raise InvalidPropertyName(f"items cannot be sorted by {part.lstrip('+-')}")
        chosen = [f"v.{_quoted(p.lstrip('+-'))}{' desc' if p.startswith('-') else ''}" for p in asked]
        return "order by " + ", ".join([*chosen, *(f"v.{_quoted(c)}" for c in self.key_columns)])

    @property
    def _name(self) -> str:
        return f"shared.{_quoted(self.table)}"

    @property
    def _id(self) -> str:
        return "concat_ws('|', " + ", ".join(f"v.{_quoted(c)}" for c in self.key_columns) + ")"


def make_collection(table: str, title: str, key: list[str], columns: list[dict[str, Any]]) -> SharedCollection:
    """The collection of a relation; `columns` are name, type, srid, geometry_type, description of each."""
    described = [Column(**{k: v for k, v in c.items() if v is not None and k != "pg_type"}) for c in columns]
    return SharedCollection(
        type="Table",
        id=f"shared.{table}",
        table=table,
        title=title,
        description=title,
        table_columns=described,
        properties=described,
        id_column=next((c for c in described if c.name == key[0]), None),
        geometry_column=next((c for c in described if c.is_geometry), None),
        datetime_column=next((c for c in described if c.name == "valid_from"), None),
        key_columns=key,
        pg_types={c["name"]: c["pg_type"] for c in columns},
    )


def _tolerance(degrees: float) -> str:
    if not 0 < degrees < 1:
        raise BadQuestion("simplify is no tolerance", accepted="degrees between 0 and 1")
    return f"{degrees:.12f}"


def _assert_time(text: str) -> None:
    try:
        parse_rfc3339(text)
    except ValueError as error:
        raise InvalidDatetime("datetime is written 2026-01-01T00:00:00Z, or two of them with / between") from error


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
