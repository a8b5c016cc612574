"""The table that a run ends with: per dataset what readers now see, and how old its sources are."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from connectors.warehouse.lease import open_transaction

if TYPE_CHECKING:
    from expectations.release_steps import ReleaseResult

_HEAD = ("dataset", "rows", "held", "changed", "source age")
_STATUS = """
select dataset, row_count, held_count, added + changed + closed, source_as_of
from shared.dataset_status order by dataset
"""


def summary_lines(result: "ReleaseResult | None") -> str:
    """The summary as text; `result` is None when no release came about."""
    with open_transaction("summary") as conn:
        rows = conn.execute(_STATUS).fetchall()
    is_new = result is not None and result.is_published
    lines = [
        (name, f"{count:,}", f"{held:,}", f"{changed:,}" if is_new else "0", age_text(as_of))
        for name, count, held, changed, as_of in rows
    ]
    return "\n".join([*_table([_HEAD, *lines]), "", _outcome(result)])


def age_text(as_of: datetime | None) -> str:
    """The age of a source in words short enough for a table."""
    if as_of is None:
        return "unknown"
    age = max(datetime.now(UTC) - as_of, timedelta())
    hours, minutes = age.days * 24 + age.seconds // 3600, age.seconds % 3600 // 60
    return f"{age.days} d" if age.days >= 2 else f"{hours} h {minutes:02} min"


def _outcome(result: "ReleaseResult | None") -> str:
    if result is None:
        return "No release was published; what was published before stays."
    if not result.is_published:
        return f"Nothing changed: release {result.release_id} stays and was confirmed. Report: {result.report}"
    return f"Release {result.release_id} is published. Report: {result.report}"


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    return [
        "  ".join(_cell(text, width, column) for column, (text, width) in enumerate(zip(row, widths, strict=True)))
        for row in rows
    ]


def _cell(text: str, width: int, column: int) -> str:
    return text.ljust(width) if column == 0 else text.rjust(width)
