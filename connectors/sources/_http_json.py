"""Access to a paged JSON service, `kind: http_json`: `?page=1&page_size=N`, rows and their total by name.

Every page states the total; the rows of all pages must add up to it.
"""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from connectors.errors import AnswerNotData, SourceUnavailable
from connectors.sources._http import HttpSource, check_properties, fit_properties
from connectors.sources._reading import Reading, Request


class HttpJsonSource(HttpSource):
    """An open JSON service."""

    def read(self, request: Request) -> Reading:
        """All rows, page after page; the first page is asked for at once, so that a broken answer is known early."""
        first = self._page(request, 1)
        total = _total(request, first)
        reading = Reading(rows=iter(()), announced=total, total=total)
        reading.rows = self._rows(request, reading, first)
        return reading

    def _rows(self, request: Request, reading: Reading, page: dict[str, Any]) -> Iterator[pa.RecordBatch]:
        seen, number = 0, 1
        while True:
            if (total := _total(request, page)) != reading.announced:
                raise _moved(request, f"{reading.announced} rows, then {total}")
            items = _items(request, page)
            seen += len(items)
            if items:
                check_properties(request, items)
                yield fit_properties(request, items, into=reading.rejected)
            if not items or seen >= total:
                return
            number += 1
            page = self._page(request, number)

    def _page(self, request: Request, number: int) -> dict[str, Any]:
        url = self._reader.base.join(request.table.source.lstrip("/"))
        return self._reader.get(
            url.copy_merge_params({"page": str(number), "page_size": str(request.contract.access.page_size)})
        )


def _total(request: Request, page: dict[str, Any]) -> int:
    total = page.get(request.contract.access.total)
    if not isinstance(total, int) or isinstance(total, bool) or total < 0:
        raise _not_a_page(request, f"{request.contract.access.total}: {str(total)[:60]}, among {sorted(page)[:10]}")
    return total


def _items(request: Request, page: dict[str, Any]) -> list[dict[str, Any]]:
    items = page.get(request.contract.access.items)
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise _not_a_page(request, f"{request.contract.access.items} is not a list of objects")
    return items


def _not_a_page(request: Request, found: str) -> AnswerNotData:
    access = request.contract.access
    return AnswerNotData(
        expected=f"a page with {access.items} (a list) and {access.total} (a number)",
        found=found,
        where=f"{request.where} ({request.table.source})",
        next_step="Nothing was loaded; the last good data stays. Look at the answer, then correct the contract or tell "
        "the owner of the service.",
    )


def _moved(request: Request, found: str) -> SourceUnavailable:
    return SourceUnavailable(
        expected="one total on all pages",
        found=found,
        where=request.where,
        next_step="The register changed while it was read; nothing was loaded. Try again.",
    )
