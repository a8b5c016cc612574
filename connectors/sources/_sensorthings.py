"""Access to an OGC SensorThings service (18-088, version 1.1), `kind: sensorthings`: @iot.nextLink, @iot.count, JSON.

The connection is the root of one version (`…/v1.1`); a table's `source` is an entity set with its own options, such as
`Observations?$expand=Datastream($select=id)`. Nested objects become columns by their path: `rename` says which
(`Datastream/@iot.id: datastream_id`; of several entities each by its place, `Locations/0/location`); links are dropped.
With a mark, rows are asked for from it on.

Caveats: pages are only stable where the service sorts, so `$orderby` with the key is sent. The service cannot tell
what it deleted, so a table with a mark needs a full read now and then. Services leave out what is empty: a
property that must not disappear unnoticed is `nullable: false`. Locations are GeoJSON, so srid 4326.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.compute as pc

from connectors.errors import AnswerNotData, ContractInvalid, SourceUnavailable
from connectors.sources._http import HttpSource, check_properties, fit_properties, going_in_a_circle
from connectors.sources._ogc_features import parse_geometries
from connectors.sources._reading import Reading, Request

_WGS84 = 4326
_LINKS = ("@iot.selfLink", "@iot.navigationLink", "@iot.nextLink")


class SensorThingsSource(HttpSource):
    """An open SensorThings service."""

    def read(self, request: Request) -> Reading:
        """All entities, or those from the mark on; the first page is asked for at once."""
        _check_contract(request)
        first_url = self._url(request, since=request.since)
        first = self._reader.get(first_url)
        announced = total = _count(request, first)
        if request.since is not None:
            total = _count(request, self._reader.get(self._url(request, since=None, top=1)))
        reading = Reading(
            rows=iter(()), announced=announced, total=total, is_whole=request.since is None, mark=request.seen
        )
        reading.rows = self._rows(request, reading, first, first_url)
        return reading

    def _rows(
        self, request: Request, reading: Reading, page: dict[str, Any], url: httpx.URL
    ) -> Iterator[pa.RecordBatch]:
        visited = {url}
        while True:
            if (count := _count(request, page)) != reading.announced:
                raise _moved(request, f"{reading.announced} entities, then {count}")
            entities = _entities(request, page)
            if entities:
                rows = _batch(request, entities, reading)
                reading.mark = _later(reading.mark, _highest(request, rows))
                yield rows
            following = page.get("@iot.nextLink")
            if following is None or not entities:
                return
            url = url.join(str(following))
            if url in visited:
                raise going_in_a_circle(request, url)
            visited.add(url)
            page = self._reader.get(url)

    def _url(self, request: Request, *, since: str | None, top: int | None = None) -> httpx.URL:
        path, _, options = request.table.source.partition("?")
        names = {new: old for old, new in request.table.format.rename.items()}
        mark = request.table.mark
        asked = dict(part.split("=", 1) for part in options.split("&") if "=" in part)
        asked |= {"$top": str(top or request.contract.access.page_size), "$count": "true"}
        asked["$orderby"] = ",".join(f"{_property(names.get(name, name))} asc" for name in request.table.key)
        if since is not None and mark is not None:
            limit = f"{_property(names.get(mark.column, mark.column))} ge {_instant(since)}"
            asked["$filter"] = f"({asked['$filter']}) and {limit}" if "$filter" in asked else limit
        return self._reader.base.join(path).copy_merge_params(asked)


def flatten(entity: dict[str, Any], kept: Sequence[str]) -> dict[str, Any]:
    """The properties of an entity by path (`Datastream/@iot.id`), without links; `kept` paths are not taken apart."""
    flat: dict[str, Any] = {}
    for name, value in entity.items():
        if name.endswith(_LINKS):
            continue
        nested = _by_place(value)
        if isinstance(nested, dict) and name not in kept:
            inner = [path.removeprefix(f"{name}/") for path in kept if path.startswith(f"{name}/")]
            flat |= {f"{name}/{path}": item for path, item in flatten(nested, inner).items()}
        else:
            flat[name] = value
    return flat


def _by_place(value: Any) -> Any:
    """Several entities (`$expand` of Locations) as an object, each by its place; none of them is an empty object."""
    if isinstance(value, list) and all(isinstance(item, dict) for item in value):
        return {str(place): item for place, item in enumerate(value)}
    return value


def _batch(request: Request, entities: list[dict[str, Any]], reading: Reading) -> pa.RecordBatch:
    layout, geometry = request.table.format, request.table.geometry
    shape_name = next((old for old, new in layout.rename.items() if geometry and new == geometry.column), "location")
    flat = [flatten(entity, [*layout.ignore, *([shape_name] if geometry else [])]) for entity in entities]
    # a service leaves out of an entity what is empty: for a nullable column that is null, any other must be there
    names = {new: old for old, new in layout.rename.items()}
    optional = [names.get(column.name, column.name) for column in request.table.columns if column.nullable]
    outer = {path.rsplit("/", depth)[0] for path in layout.rename for depth in range(1, path.count("/") + 1)}
    found = (name for row in flat for name, value in row.items() if value is not None or name not in outer)
    known = dict.fromkeys([*found, *optional])
    rows = [{name: row.get(name) for name in known} for row in flat]
    shapes = None
    if geometry:
        shapes = parse_geometries([row.pop(shape_name, None) for row in rows])
    check_properties(request, rows, besides=[geometry.column] if geometry else [])
    return fit_properties(request, rows, into=reading.rejected, shapes=shapes)


def _highest(request: Request, rows: pa.RecordBatch) -> str | None:
    mark = request.table.mark
    highest = pc.max(rows.column(mark.column)).as_py() if mark and rows.num_rows else None
    return highest.isoformat() if isinstance(highest, datetime) else None


def _later(first: str | None, second: str | None) -> str | None:
    known = [datetime.fromisoformat(mark) for mark in (first, second) if mark]
    return max(known).isoformat() if known else None


def _instant(mark: str) -> str:
    return datetime.fromisoformat(mark).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _property(name: str) -> str:
    """How options name a property: the identifier of an entity is `id` there."""
    return name.replace("@iot.id", "id")


def _count(request: Request, page: dict[str, Any]) -> int:
    count = page.get("@iot.count")
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise _not_entities(request, f"@iot.count {str(count)[:60]!r}, among {sorted(page)[:10]}")
    return count


def _entities(request: Request, page: dict[str, Any]) -> list[dict[str, Any]]:
    entities = page.get("value")
    if not isinstance(entities, list) or not all(isinstance(entity, dict) for entity in entities):
        raise _not_entities(request, "value is not a list of objects")
    return entities


def _check_contract(request: Request) -> None:
    mark, geometry = request.table.mark, request.table.geometry
    if geometry and geometry.srid != _WGS84:
        raise _unfit(request, "geometry with srid 4326: GeoJSON knows no other", str(geometry))
    if mark and request.table.column(mark.column).typed.family != "timestamptz":
        raise _unfit(request, "a mark of type timestamptz", request.table.column(mark.column).type)


def _unfit(request: Request, expected: str, found: str) -> ContractInvalid:
    return ContractInvalid(expected=expected, found=found, where=request.where, next_step="Correct the contract.")


def _not_entities(request: Request, found: str) -> AnswerNotData:
    return AnswerNotData(
        expected="a SensorThings collection with value (a list) and @iot.count (a number)",
        found=found,
        where=f"{request.where} ({request.table.source})",
        next_step="Nothing was loaded; the last good data stays. Look at the answer and tell the owner of the service.",
    )


def _moved(request: Request, found: str) -> SourceUnavailable:
    return SourceUnavailable(
        expected="one @iot.count on all pages",
        found=found,
        where=request.where,
        next_step="Observations came in while it was read; nothing was loaded. Try again.",
    )
