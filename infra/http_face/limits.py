"""What is refused before anything is answered: large, deeply nested or unclear bodies, filters in a query language.

CQL2 is refused because it would reach the database as text; conditions on columns reach it as parameters.
"""

from typing import Any
from urllib.parse import parse_qsl

from infra.http_face.problems import problem
from infra.http_face.strict_json import fault_of_headers, fault_of_json

LARGEST_BODY = 1_048_576
DEEPEST_NESTING = 32
LONGEST_QUERY = 4_096
_REFUSED = {
    "filter": "conditions as parameters, ?commune_code=13285",
    "filter-lang": "conditions as parameters, ?commune_code=13285",
    "filter-crs": "bbox in degrees of WGS 84",
}


class Limits:
    """An ASGI application behind these limits."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        fault = _fault_of_query(scope["query_string"])
        if fault is None and scope["method"] not in ("GET", "HEAD"):
            body, fault = await _read_body(receive)
            if fault is None and body and scope["method"] == "POST":
                fault = fault_of_headers(dict(scope["headers"])) or fault_of_json(body)
            # also of an empty body: whoever waits for it a second time waits for ever
            receive = _replay(body, receive)
        if fault is not None:
            status, title, accepted = fault
            await problem(status, title, detail=f"Accepted: {accepted}.")(scope, receive, send)
            return
        await self._app(scope, receive, send)


def nesting(body: bytes) -> int:
    """How deep brackets are nested in a JSON text; those inside strings do not count."""
    depth = deepest = 0
    in_string = is_escaped = False
    for byte in body:
        if in_string:
            if is_escaped:
                is_escaped = False
            elif byte == 0x5C:
                is_escaped = True
            elif byte == 0x22:
                in_string = False
        elif byte == 0x22:
            in_string = True
        elif byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest


def _fault_of_query(query: bytes) -> tuple[int, str, str] | None:
    if len(query) > LONGEST_QUERY:
        return 414, "the query is too long", f"at most {LONGEST_QUERY:,} bytes"
    for name, _ in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        if name.lower() in _REFUSED:
            return 400, f"{name.lower()} is not served here", _REFUSED[name.lower()]
    return None


async def _read_body(receive: Any) -> tuple[bytes, tuple[int, str, str] | None]:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY:
            return b"", (413, "the body is too large", f"at most {LARGEST_BODY:,} bytes")
        if not message.get("more_body"):
            break
    if nesting(body) > DEEPEST_NESTING:
        return b"", (400, "the JSON is nested too deeply", f"at most {DEEPEST_NESTING} levels")
    return body, None


def _replay(body: bytes, receive: Any) -> Any:
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def read() -> Any:
        return messages.pop() if messages else await receive()

    return read
