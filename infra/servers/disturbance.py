"""How a demonstration service is told to misbehave: one small JSON file, read at every request.

`lienthong demo break` writes it, `lienthong demo repair` removes it. Kinds: `html` (an error page with status 200)
and `short` (the total announces more rows than are delivered).
"""

import json
from pathlib import Path
from typing import Any

ERROR_PAGE = """<!DOCTYPE html>
<html lang="vi"><head><title>Bảo trì hệ thống</title></head>
<body><h1>Hệ thống đang bảo trì</h1><p>Xin vui lòng quay lại sau.</p></body></html>
"""


def current_disturbance(path: Path, service: str) -> str | None:
    """The kind of disturbance ordered for a service, or None."""
    try:
        return json.loads(path.read_text(encoding="utf-8")).get(service)
    except FileNotFoundError:
        return None


class Disturbed:
    """A service (ASGI) that does what the disturbance file orders; `total` is what its answers call their total."""

    def __init__(self, app: Any, disturbance: Path, *, service: str, total: str) -> None:
        self._app, self._disturbance, self._service, self._total = app, disturbance, service, total

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        kind = current_disturbance(self._disturbance, self._service) if scope["type"] == "http" else None
        if kind is None or scope["path"] == "/healthz":
            await self._app(scope, receive, send)
        elif kind == "html":
            await _send_page(send)
        else:
            await self._app(_uncompressed(scope), receive, _Overstating(send, self._total))


class _Overstating:
    """Raises the announced total of every answer by 25."""

    def __init__(self, send: Any, total: str) -> None:
        self._send, self._body, self._total = send, b"", total
        self._start: dict[str, Any] = {}

    async def __call__(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        self._body += message.get("body", b"")
        if message.get("more_body"):
            return
        body = _overstate(self._body, self._total)
        headers = [pair for pair in self._start["headers"] if pair[0].lower() != b"content-length"]
        await self._send(self._start | {"headers": [*headers, (b"content-length", str(len(body)).encode())]})
        await self._send({"type": "http.response.body", "body": body})


def _overstate(body: bytes, total: str) -> bytes:
    try:
        answer = json.loads(body)
    except ValueError:
        return body
    if isinstance(answer, dict) and isinstance(answer.get(total), int):
        answer[total] += 25
    return json.dumps(answer, ensure_ascii=False).encode()


def _uncompressed(scope: Any) -> Any:
    return scope | {"headers": [pair for pair in scope["headers"] if pair[0].lower() != b"accept-encoding"]}


async def _send_page(send: Any) -> None:
    headers = [(b"content-type", b"text/html; charset=utf-8")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": ERROR_PAGE.encode()})
