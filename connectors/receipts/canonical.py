"""The one form in which a receipt is written: canonical JSON (RFC 8785), every text in Unicode normal form C.

Whatever has another form is refused when it is read, so that no byte of a receipt can be changed without notice.
"""

import json
import unicodedata
from typing import Any

import rfc8785

MOST_BYTES = 4 * 1024 * 1024


class NotCanonical(ValueError):
    """The bytes are not JSON, or not in the one form."""


def normalised(value: Any) -> Any:
    """The same JSON value with every text, also the names of members, in normal form C."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, dict):
        return {unicodedata.normalize("NFC", name): normalised(member) for name, member in value.items()}
    if isinstance(value, list):
        return [normalised(item) for item in value]
    return value


def canonical(value: Any) -> bytes:
    """The canonical bytes of a JSON value; `NotCanonical` for what JSON cannot say exactly (NaN, huge integers)."""
    try:
        return rfc8785.dumps(normalised(value))
    except (rfc8785.CanonicalizationError, UnicodeEncodeError, RecursionError) as error:
        raise NotCanonical(f"{type(error).__name__}: {error}") from error


def parse(data: bytes) -> Any:
    """The value of canonical bytes; `NotCanonical` unless writing that value gives the same bytes again."""
    if len(data) > MOST_BYTES:
        raise NotCanonical(f"{len(data):,} bytes, and {MOST_BYTES:,} at most are read")
    try:
        value = json.loads(data.decode("utf-8"), parse_int=_number)
    except (ValueError, RecursionError) as error:
        raise NotCanonical("not JSON in UTF-8") from error
    if canonical(value) != data:
        raise NotCanonical("JSON that is not in canonical form (RFC 8785, texts in NFC, no line end)")
    return value


def _number(text: str) -> int | float:
    """JSON has doubles only: from 2^53 on they are written without a point, and are no exact integers."""
    return int(text) if len(text) < 16 or abs(int(text)) < 2**53 else float(text)
