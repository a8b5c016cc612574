"""The application of the HTTP face. Run with LIENTHONG_DSN_PROCEDURE_READER set: `python -m infra.http_face.app PORT`.

It starts only where VN-2000 hits its test vector: a place asked of a wrong transformation gets a wrong answer.

One statement may take `LONGEST_STATEMENT_MS`, a page holds at most `LARGEST_PAGE` items, and every connection is
read-only twice: by its role and by its settings. Requests are not logged: they may name a person's land.
"""

import json
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import psycopg
import uvicorn
from fastapi import APIRouter, FastAPI

from connectors.warehouse.vn2000 import assert_test_vector
from infra.http_face.collection import LARGEST_PAGE

LONGEST_STATEMENT_MS = 5_000
CONNECTIONS = 8
AT_ONCE = 64
os.environ |= {
    "TIPG_MAX_FEATURES_PER_QUERY": str(LARGEST_PAGE),
    "TIPG_DEFAULT_FEATURES_LIMIT": "100",
}  # read by tipg when it is imported
TITLE = "Liên Thông: bộ dữ liệu dùng chung / shared datasets"


def make_app(dsn: str) -> Any:
    """The application over a warehouse, to which it connects as `procedure_reader`."""
    from tipg.factory import OGCFeaturesFactory

    from infra.http_face import procedures
    from infra.http_face.catalogue import all_collections, one_collection
    from infra.http_face.held import RESPONSE, HeldRoute
    from infra.http_face.limits import Limits
    from infra.http_face.pages import add_pages, make_templates
    from infra.http_face.problems import add_handlers

    class Features(OGCFeaturesFactory):
        @property
        def conforms_to(self) -> list[str]:
            return [uri for uri in super().conforms_to if not any(word in uri for word in ("filter", "cql"))]

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        _assert_places_are_right(dsn)
        async with _pool(dsn) as pool:
            app.state.pool = pool
            yield

    app = FastAPI(title=TITLE, version="1", openapi_url="/api", docs_url=None, redoc_url=None, lifespan=lifespan)
    app.state.asked = Counter()
    add_handlers(app)
    app.include_router(procedures.router)
    app.add_api_route("/healthz", _healthy, include_in_schema=False)
    app.state.templates = templates = make_templates()
    add_pages(app, templates)
    features = Features(
        title=TITLE,
        collection_dependency=one_collection,  # type: ignore[arg-type]
        collections_dependency=all_collections,  # type: ignore[arg-type]
        templates=templates,
        router=APIRouter(route_class=HeldRoute, responses={409: RESPONSE}),
    )
    app.include_router(features.router)
    return Limits(app)


def _assert_places_are_right(dsn: str) -> None:
    """Raise `WrongSrid`, so that nothing is served, unless the warehouse reprojects VN-2000 as EPSG:6960 does."""
    with psycopg.connect(dsn, connect_timeout=5, options="-c default_transaction_read_only=on") as conn:
        assert_test_vector(conn)


async def _healthy() -> dict[str, str]:
    return {"status": "ok"}


def _pool(dsn: str) -> Any:
    return asyncpg.create_pool(
        dsn,
        min_size=1,
        max_size=CONNECTIONS,
        init=_prepare,
        timeout=5,
        server_settings={
            "application_name": "lienthong http",
            "default_transaction_read_only": "on",
            "statement_timeout": str(LONGEST_STATEMENT_MS),
            "search_path": "pg_catalog, public",
        },
    )


async def _prepare(conn: asyncpg.Connection) -> None:
    for name in ("json", "jsonb"):
        await conn.set_type_codec(name, encoder=json.dumps, decoder=json.loads, schema="pg_catalog")


def main() -> None:
    """Serve on loopback until told to stop."""
    app = make_app(os.environ["LIENTHONG_DSN_PROCEDURE_READER"])
    uvicorn.run(
        app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False, limit_concurrency=AT_ONCE
    )


if __name__ == "__main__":
    main()
