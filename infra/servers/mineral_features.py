"""The OGC API Features server of the mineral cadastre: tipg over a PostGIS database, with a role that can only read.

The tables are served as collections, also those without geometry. tipg orders by the first key column only, so a
client that pages must send `sortby` with every key column. Run with DATABASE_URL in the environment:
`python -m infra.servers.mineral_features PORT DISTURBANCE`.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import uvicorn

from infra.servers.disturbance import ERROR_PAGE, current_disturbance

SERVICE = "mineral_cadastre"
TABLES = ["public.giay_phep", "public.giay_phep_toa_do", "public.giay_phep_ranh_gioi", "public.khu_vuc"]
SETTINGS = {
    "TIPG_NAME": "Cơ sở dữ liệu khoáng sản (dữ liệu mô phỏng)",
    "TIPG_DB_SCHEMAS": '["public"]',
    "TIPG_DB_TABLES": json.dumps(TABLES),
    "TIPG_DB_FUNCTIONS": "[]",
    "TIPG_DB_ONLY_SPATIAL_TABLES": "false",
    "TIPG_DB_SPATIAL_EXTENT": "false",
    "TIPG_DB_DATETIME_EXTENT": "false",
    "TIPG_CACHECONTROL": "no-store",
    "TIPG_ADD_TILES_VIEWER": "false",
    "DB_MAX_CONN_SIZE": "4",
}


class Disturbed:
    """The application, unless the disturbance file orders something else."""

    def __init__(self, app: Any, disturbance: Path) -> None:
        self._app, self._disturbance = app, disturbance

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        kind = current_disturbance(self._disturbance, SERVICE) if scope["type"] == "http" else None
        if kind is None or scope["path"] == "/healthz":
            await self._app(scope, receive, send)
        elif kind == "html":
            await _send_page(send)
        else:
            await self._app(_uncompressed(scope), receive, _Overstating(send))


class _Overstating:
    """Raises every `numberMatched` by 25."""

    def __init__(self, send: Any) -> None:
        self._send, self._body = send, b""
        self._start: dict[str, Any] = {}

    async def __call__(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        self._body += message.get("body", b"")
        if message.get("more_body"):
            return
        body = _overstate(self._body)
        headers = [pair for pair in self._start["headers"] if pair[0].lower() != b"content-length"]
        await self._send(self._start | {"headers": [*headers, (b"content-length", str(len(body)).encode())]})
        await self._send({"type": "http.response.body", "body": body})


def _overstate(body: bytes) -> bytes:
    try:
        answer = json.loads(body)
    except ValueError:
        return body
    if isinstance(answer, dict) and isinstance(answer.get("numberMatched"), int):
        answer["numberMatched"] += 25
    return json.dumps(answer, ensure_ascii=False).encode()


def _uncompressed(scope: Any) -> Any:
    return scope | {"headers": [pair for pair in scope["headers"] if pair[0].lower() != b"accept-encoding"]}


async def _send_page(send: Any) -> None:
    headers = [(b"content-type", b"text/html; charset=utf-8")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": ERROR_PAGE.encode()})


def main() -> None:
    """Serve until told to stop."""
    os.environ.update(SETTINGS)
    # tipg reads its settings when it is imported.
    from tipg.main import app

    uvicorn.run(Disturbed(app, Path(sys.argv[2])), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")


if __name__ == "__main__":
    main()
