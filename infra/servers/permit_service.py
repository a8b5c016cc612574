"""The paged JSON service of the environmental permit register.

`GET /api/v1/permits?page=1&page_size=100`, `/api/v1/facilities` and `/api/v1/eia_decisions` answer
`{"total", "page", "items"}`. The register is one JSON file, read again whenever it changed.

Run: `python -m infra.servers.permit_service PORT REGISTER DISTURBANCE`.
"""

import json
import sys
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from infra.servers.disturbance import ERROR_PAGE, current_disturbance

SERVICE = "environment_permits"
LARGEST_PAGE = 500
LISTS = ("permits", "facilities", "eia_decisions")


class Register:
    """The lists of the register file, as of its last change."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp = -1
        self._lists: dict[str, list[dict[str, Any]]] = {}

    def rows(self, name: str) -> list[dict[str, Any]]:
        stamp = self._path.stat().st_mtime_ns
        if stamp != self._stamp:
            self._lists, self._stamp = json.loads(self._path.read_text(encoding="utf-8")), stamp
        return self._lists[name]


def make_app(register: Path, disturbance: Path) -> Starlette:
    """The service over a register file."""
    source = Register(register)

    async def answer(request: Request) -> Response:
        kind = current_disturbance(disturbance, SERVICE)
        if kind == "html":
            return HTMLResponse(ERROR_PAGE)
        rows = source.rows(request.path_params["name"])
        page, size = _number(request, "page", 1), min(_number(request, "page_size", 100), LARGEST_PAGE)
        items = rows[(page - 1) * size : page * size]
        total = len(rows) + (25 if kind == "short" else 0)
        return JSONResponse({"total": total, "page": page, "items": items})

    async def healthy(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    routes = [Route("/healthz", healthy), Route("/api/v1/{name:str}", _known(answer))]
    return Starlette(routes=routes)


def _known(answer: Any) -> Any:
    async def checked(request: Request) -> Response:
        if request.path_params["name"] not in LISTS:
            raise HTTPException(404, f"no such list; there are {', '.join(LISTS)}")
        return await answer(request)

    return checked


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, str(default))
    if not text.isdigit() or int(text) < 1:
        raise HTTPException(400, f"{name} must be a positive number")
    return int(text)


def main() -> None:
    """Serve until told to stop."""
    port, register, disturbance = int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
    uvicorn.run(make_app(register, disturbance), host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main()
