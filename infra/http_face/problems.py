"""Errors as `application/problem+json` (RFC 9457): what is wrong, what is accepted, what to do; no stack, no query."""

import logging
from typing import Any

import asyncpg
from asyncpg.exceptions import InvalidParameterValueError, QueryCanceledError
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from tipg.errors import InvalidBBox, InvalidDatetime, InvalidLimit, InvalidPropertyName, NotFound, TiPgError

log = logging.getLogger("lienthong.http")
MEDIA_TYPE = "application/problem+json"
_BAD_REQUESTS = (InvalidBBox, InvalidDatetime, InvalidLimit, InvalidPropertyName)
_UNREACHABLE = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
)


class BadQuestion(Exception):
    """The request cannot be answered as it is: `problem` was found, `accepted` would do."""

    def __init__(self, problem: str, *, accepted: str, status: int = 400) -> None:
        super().__init__(problem)
        self.problem, self.accepted, self.status = problem, accepted, status


def problem(status: int, title: str, **members: Any) -> JSONResponse:
    """A problem document; members that are None are left out."""
    body = {"type": "about:blank", "title": title, "status": status} | {
        k: v for k, v in members.items() if v is not None
    }
    return JSONResponse(body, status_code=status, media_type=MEDIA_TYPE)


def add_handlers(app: FastAPI) -> None:
    """Let every error of the application end as a problem document."""
    app.add_exception_handler(BadQuestion, _bad_question)  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, _invalid)  # type: ignore[arg-type]
    app.add_exception_handler(HTTPException, _http)  # type: ignore[arg-type]
    app.add_exception_handler(TiPgError, _features)
    for kind in (asyncpg.PostgresError, *_UNREACHABLE):
        app.add_exception_handler(kind, _database)
    app.add_exception_handler(Exception, _unexpected)


def _bad_question(_request: Request, error: BadQuestion) -> JSONResponse:
    return problem(error.status, error.problem, detail=f"Accepted: {error.accepted}.")


def _invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
    # Where and why, never the value: it may be a person's.
    faults = [{"at": ".".join(map(str, fault["loc"])), "problem": fault["msg"]} for fault in error.errors()]
    return problem(
        400, "the request has not the accepted form", faults=faults, detail="Accepted: as /api describes it."
    )


def _http(_request: Request, error: HTTPException) -> JSONResponse:
    return problem(error.status_code, str(error.detail), detail="See / and /api for what there is.")


def _features(_request: Request, error: Exception) -> JSONResponse:
    status = 404 if isinstance(error, NotFound) else 400 if isinstance(error, _BAD_REQUESTS) else 500
    return problem(status, str(error) or type(error).__name__)


def _database(_request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, InvalidParameterValueError):
        return problem(400, str(error.message), detail=error.detail, next_step=error.hint)
    if isinstance(error, QueryCanceledError):
        return problem(503, "the question took longer than the limit", next_step="Ask for less: a smaller box or page.")
    if isinstance(error, asyncpg.DataError):
        return problem(400, "a value has not the type of its column", detail="See queryables of the collection.")
    if isinstance(error, _UNREACHABLE):
        log.error("the warehouse does not answer: %s", type(error).__name__)
        return problem(503, "the warehouse does not answer now", next_step="Try again in a moment.")
    return _unexpected(_request, error)


def _unexpected(_request: Request, error: Exception) -> JSONResponse:
    log.error("unexpected %s", type(error).__name__, exc_info=error)
    return problem(500, "an unexpected error; it was logged", next_step="Tell the operator the time of the request.")
