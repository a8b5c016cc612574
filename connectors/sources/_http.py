"""Guarded HTTP for every access method that speaks it: timeouts, retries, size and depth limits, JSON or nothing.

What the JSON means is in `_http_json.py`, `_ogc_features.py` and `_sensorthings.py`.
"""

import ipaddress
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import httpx
import numpy as np
import pyarrow as pa

from connectors.contracts import SourceContract, TableContract
from connectors.errors import (
    AnswerNotData,
    ContractBroken,
    IncompleteBatch,
    LienThongError,
    SettingMissing,
    SourceUnavailable,
)
from connectors.settings import connection
from connectors.sources._fit import fit_batch
from connectors.sources._reading import Rejected, Request
from connectors.sources._retry import retried
from connectors.sources._shape import check_shape

_MAX_BYTES = 64 * 1024 * 1024
_MAX_DEPTH = 32
_TIMEOUT = httpx.Timeout(60, connect=10)
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_REFUSED = frozenset({401, 403, 407})
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_JSON = re.compile(r"application/([a-z0-9.-]+\+)?json", re.IGNORECASE)


class Number(float):
    """A JSON number with a fraction or exponent; keeps how it was written, so that no digit is lost."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> Self:
        """Takes the text as the JSON had it."""
        number = super().__new__(cls, text)
        number.text = text
        return number


class HttpReader:
    """An HTTP connection to one service that answers JSON objects."""

    def __init__(self, base: str, *, where: str) -> None:
        self.base = httpx.URL(base if base.endswith("/") else f"{base}/")
        self._where = where
        self._client = httpx.Client(
            timeout=_TIMEOUT,
            follow_redirects=False,
            trust_env=not _is_loopback(self.base.host),
            headers={"Accept": "application/geo+json, application/json", "User-Agent": "lienthong"},
        )

    def close(self) -> None:
        """Closes the connection."""
        self._client.close()

    def get(self, url: httpx.URL) -> dict[str, Any]:
        """The JSON object behind a URL of this service; passing faults are tried again with growing pauses."""
        if (url.scheme, url.host, url.port) != (self.base.scheme, self.base.host, self.base.port):
            raise self._not_data(url, f"a link to another server, {url.scheme}://{url.host}")
        return retried(lambda: self._get(url))

    def _get(self, url: httpx.URL) -> dict[str, Any]:
        try:
            with self._client.stream("GET", url) as response:
                body = self._body(url, response)
        except httpx.TransportError as error:
            raise self._unavailable(url, f"{type(error).__name__}: {error}") from error
        kind = response.headers.get("content-type", "")
        if not _JSON.match(kind):
            raise self._not_data(url, f"{kind or 'no content type'}: {body[:80].decode('utf-8', 'replace')!r}")
        return self._parsed(url, body)

    def _body(self, url: httpx.URL, response: httpx.Response) -> bytes:
        status = response.status_code
        if status in _PASSING:
            raise self._unavailable(url, f"status {status}")
        if status != httpx.codes.OK:
            kind: type[LienThongError] = SettingMissing if status in _REFUSED else ContractBroken
            raise kind(
                expected="status 200",
                found=f"status {status}",
                where=f"{self._where} {url}",
                next_step="Check the address and the grant in the contract and the settings. Nothing was loaded.",
            )
        body = bytearray()
        for part in response.iter_bytes():
            body += part
            if len(body) > _MAX_BYTES:
                raise self._not_data(url, f"more than {_MAX_BYTES} bytes")
        return bytes(body)

    def _parsed(self, url: httpx.URL, body: bytes) -> dict[str, Any]:
        try:
            answer = parse_json(body)
        except ValueError as error:
            raise self._not_data(url, str(error)) from error
        if not isinstance(answer, dict):
            raise self._not_data(url, f"JSON of type {type(answer).__name__}")
        return answer

    def _unavailable(self, url: httpx.URL, found: str) -> SourceUnavailable:
        return SourceUnavailable(
            expected="an answer from the service",
            found=found,
            where=f"{self._where} {url}",
            next_step="Nothing was loaded; the last good data stays. Try again later.",
        )

    def _not_data(self, url: httpx.URL, found: str) -> AnswerNotData:
        return AnswerNotData(
            expected="a JSON object from this service",
            found=found,
            where=f"{self._where} {url}",
            next_step="Nothing was loaded; the last good data stays. Look at the answer and tell its owner.",
        )


class HttpSource:
    """What the sources that speak HTTP have in common: one connection, kept while the source is read."""

    def __init__(self, contract: SourceContract) -> None:
        self._reader = HttpReader(connection(contract.access.connection), where=contract.system)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reader.close()


def going_in_a_circle(request: Request, url: httpx.URL) -> IncompleteBatch:
    """The error of a next link that leads back to a page read before."""
    return IncompleteBatch(
        expected="next links that end",
        found=f"a page that was read before: {url}",
        where=request.where,
        next_step="Nothing was loaded. Tell the owner of the service.",
    )


def parse_json(body: bytes) -> Any:
    """The value of untrusted JSON; ValueError if it is none, or nested deeper than data ever is."""
    if (depth := nesting_depth(body)) > _MAX_DEPTH:
        raise ValueError(f"JSON nested {depth} deep")
    try:
        return json.loads(body, parse_float=Number, parse_constant=_refuse_constant)
    except ValueError as error:
        raise ValueError(f"text that is not JSON: {error}") from error


def nesting_depth(body: bytes) -> int:
    """How deep brackets nest outside of strings. Cheap, and safe for bytes that would exhaust a parser's stack."""
    marks = np.frombuffer(_STRING.sub(b"", body), dtype=np.uint8)
    steps = ((marks == ord("[")) | (marks == ord("{"))).astype(np.int32)
    steps -= ((marks == ord("]")) | (marks == ord("}"))).astype(np.int32)
    return int(np.cumsum(steps).max(initial=0))


def check_properties(request: Request, rows: Sequence[Mapping[str, Any]], *, besides: Sequence[str] = ()) -> None:
    """Raises `ContractBroken` unless the properties of these rows, renamed, are the columns of the contract."""
    rename = request.table.format.rename
    found = {rename.get(name, name): None for row in rows for name in row}
    check_shape(request, found | dict.fromkeys(besides))


def fit_properties(
    request: Request,
    rows: Sequence[Mapping[str, Any]],
    *,
    into: list[Rejected],
    shapes: tuple[Sequence[bytes | None], np.ndarray, np.ndarray] | None = None,
) -> pa.RecordBatch:
    """JSON objects as a batch in the types of the contract; `shapes` are their geometries, which did not
    parse, and which are kept as lines."""
    source_names = {new: old for old, new in request.table.format.rename.items()}
    arrays: dict[str, pa.Array] = {}
    misfits: dict[str, np.ndarray] = {}
    for column in request.table.columns:
        texts = [_as_text(row.get(source_names.get(column.name, column.name)), column.typed.family) for row in rows]
        arrays[column.name] = pa.array([text for text, _ in texts], pa.string())
        misfits[column.name] = np.array([wrong for _, wrong in texts], dtype=bool)
    geometry = request.table.geometry
    if geometry and shapes is not None:
        arrays[geometry.column] = pa.array(shapes[0], pa.binary())
        misfits[geometry.column] = shapes[1]
    opened = shapes[2] if geometry and shapes is not None else None
    return fit_batch(request, pa.RecordBatch.from_pydict(arrays), rejected=into, misfits=misfits, opened=opened)


def _as_text(value: Any, family: str) -> tuple[str | None, bool]:
    """A JSON value as text for its column, and whether it is of a kind that the column cannot take."""
    if value is None:
        return None, False
    if isinstance(value, bool):
        return ("true" if value else "false"), family != "boolean"
    if isinstance(value, int | float):
        text = value.text if isinstance(value, Number) else str(value)
        return text, family not in ("smallint", "integer", "bigint", "numeric", "double")
    return (value, family == "boolean") if isinstance(value, str) else (json.dumps(value)[:200], True)


def key_names(table: TableContract) -> str:
    """The key as services take it to sort by."""
    return ",".join(table.key)


def _refuse_constant(name: str) -> Iterator[None]:
    raise ValueError(f"{name} is not a JSON number")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
