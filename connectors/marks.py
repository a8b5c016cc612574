"""Marks: how far a table has been read, kept as text and compared as what they are."""

from datetime import date, datetime, timedelta
from typing import Any


def mark_value(mark: str, family: str) -> Any:
    """A mark from its text: an instant, a local time, a date or a number, as its column's family says."""
    if family in ("timestamptz", "timestamp"):
        return datetime.fromisoformat(mark)
    return date.fromisoformat(mark) if family == "date" else int(mark)


def mark_before(mark: str, *, overlap: timedelta, family: str) -> str:
    """The mark from which to read again: earlier by the overlap; numbers have none, equal ones are read again."""
    value = mark_value(mark, family)
    if isinstance(value, datetime):
        return (value - overlap).isoformat()
    return (value - max(overlap, timedelta(days=1))).isoformat() if isinstance(value, date) else mark
