"""Held is not "not found": what the collections answer of a record that is kept back from the release.

The record exists and no good version of it is served. 404 would tell a client that there is no such record (many turn
it into "nothing" without reading the body, and caches may keep it); 200 would look like a record. So an item that is
held is answered with 409, which nobody takes for either, as a problem document: the rules, whom to ask, since when, and
what is suggested, as `shared.held_record` has them. Its `type` is the collection that lists all held records. A held
record whose last good version is served is answered with that version; its `is_held` is true.

A list stays a list: the record is not in it, and a link `related` leads to why. (A CSV of no items has its header: the
library breaks it off instead, which looks like a failure of the network.)
"""

import json
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any
from urllib.parse import urlencode

import asyncpg
from fastapi import Request
from fastapi.routing import APIRoute
from starlette.responses import Response, StreamingResponse
from tipg.dependencies import accept_media_type
from tipg.errors import NotFound
from tipg.resources.enums import MediaType

from infra.http_face.collection import SharedCollection
from infra.http_face.problems import BadQuestion, problem

TYPE = "/collections/held_record"
RESPONSE = {"description": "Of an item: the record exists and is held, HELD and not missing; with whom to ask."}
_HELD = """
select h.record_key, h.rule_ids as rules, h.custodian, h.since, h.suggestion
from shared.held_record as h where h.dataset = $1 and h.record_key = any($2) and not h.is_served
"""
# The answer to a condition that nothing fulfils is this short.
_SHORT = 20_000


class HeldRoute(APIRoute):
    """A route of the collections that tells held from missing."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of the library, and the question after what is held where it found nothing."""
        answer = super().get_route_handler()
        if self.path.endswith("/items/{itemId}"):
            return _of_item(answer)
        return _of_items(answer) if self.path.endswith("/items") else answer


def _of_item(answer: Callable[[Request], Coroutine[Any, Any, Response]]) -> Any:
    async def told(request: Request) -> Response:
        try:
            return await answer(request)
        except (NotFound, BadQuestion, asyncpg.DataError):  # a key that is held need not have a sound form
            for record in await _held(request, [request.path_params["itemId"]]):
                return _held_item(request, record)
        return await answer(request)  # a release may have come in between: what it mended is held no more

    return told


def _of_items(answer: Callable[[Request], Coroutine[Any, Any, Response]]) -> Any:
    async def told(request: Request) -> Response:
        response = await answer(request)
        dataset, keys = _dataset(request), _asked_keys(request)
        places = [_place(dataset, record["record_key"]) for record in (await _held(request, keys) if keys else ())]
        for place in places:
            response.headers.append("link", f'<{place}>; rel="related"; title="HELD"')
        if response.media_type == MediaType.csv and isinstance(response, StreamingResponse):
            response.body_iterator = _or_header(response.body_iterator, _collection(request))
        body = getattr(response, "body", b"")
        if response.media_type != MediaType.geojson or len(body) > _SHORT:
            return response
        page = json.loads(body)
        if not places and page["numberMatched"] == 0:
            places = [_place(dataset)]
        if places:
            page["links"] += [{"rel": "related", "title": "HELD", "href": p, "type": MediaType.geojson} for p in places]
            response.body = json.dumps(page, ensure_ascii=False).encode()
            response.headers["content-length"] = str(len(response.body))
        return response

    return told


def _held_item(request: Request, record: dict[str, Any]) -> Response:
    dataset = _dataset(request)
    if _wants_page(request):
        given = {"dataset": dataset, "record": record}
        page: Response = request.app.state.templates.TemplateResponse(request, "held.html", given, status_code=409)
        return page
    return problem(
        409,
        "the record is held: it exists, and no version of it is good enough to be served",
        type=TYPE,
        result="HELD",
        reason_code="RECORD_HELD",
        held={"dataset": dataset, **record, "since": record["since"].isoformat()},
        detail="Held is not missing: nothing may be concluded from this, neither that it exists as asked nor that not.",
        next_step=f"Ask {record['custodian'] or 'the custodian of the dataset'}; "
        "what the rules say is in /collections/rule/items.",
        see=_place(dataset, record["record_key"]),
    )


async def _held(request: Request, keys: list[str]) -> list[dict[str, Any]]:
    async with request.app.state.pool.acquire(timeout=5) as conn:
        return [dict(row) for row in await conn.fetch(_HELD, _dataset(request), keys)]


def _asked_keys(request: Request) -> list[str]:
    """The keys that the conditions of a list name in full."""
    asked = request.query_params
    columns = _collection(request).key_columns
    keys = [key for key in (asked.get("ids") or "").split(",") if key]
    return [*keys, "|".join(asked[c] for c in columns)] if all(c in asked for c in columns) else keys


async def _or_header(lines: Any, collection: SharedCollection) -> AsyncIterator[Any]:
    try:
        async for line in lines:
            yield line
    except RuntimeError as error:
        if not isinstance(error.__cause__, StopIteration):  # no first row, so no names of columns
            raise
        yield ",".join(["collectionId", "itemId", *collection.columns(None)]) + "\r\n"


def _collection(request: Request) -> SharedCollection:
    found: SharedCollection = request.app.state.collection_catalog["collections"][f"shared.{_dataset(request)}"]
    return found


def _dataset(request: Request) -> str:
    return str(request.path_params["collectionId"]).removeprefix("shared.")


def _place(dataset: str, key: str | None = None) -> str:
    return f"{TYPE}/items?" + urlencode({"dataset": dataset} | ({"record_key": key} if key else {}))


def _wants_page(request: Request) -> bool:
    if asked := request.query_params.get("f"):
        return asked == "html"
    offered = [MediaType.geojson, MediaType.json, MediaType.html]
    return accept_media_type(request.headers.get("accept", ""), offered) is MediaType.html
