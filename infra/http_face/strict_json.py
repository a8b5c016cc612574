"""JSON read as it stands: what a reader would have to guess about is refused before anything reads it.

A member that is given twice would be answered by the last one, a number beyond all numbers as infinite, and a text with
half a character or a zero byte not at all. The database keeps the last of two members and says nothing (jsonb).
"""

import json
from math import isinf
from typing import Any

Fault = tuple[int, str, str]
_AS_IS = ("", "identity")


class NotStrict(ValueError):
    """The JSON leaves something open; `problem` says what, and `accepted` what would do."""

    def __init__(self, problem: str, accepted: str) -> None:
        super().__init__(problem)
        self.problem, self.accepted = problem, accepted


def fault_of_headers(headers: dict[bytes, bytes]) -> Fault | None:
    """Why a body with these headers is not read; None when it is JSON as it stands, in UTF-8."""
    if headers.get(b"content-encoding", b"").decode("latin-1").strip().lower() not in _AS_IS:
        return 415, "the body is compressed", "the body as it is, without Content-Encoding"
    kind, *parameters = headers.get(b"content-type", b"").decode("latin-1").lower().replace(" ", "").split(";")
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        return 415, "the body is not declared as JSON", "Content-Type: application/json"
    if any(
        p.startswith("charset=") and p.replace('"', "") not in ("charset=utf-8", "charset=utf8") for p in parameters
    ):
        return 415, "the body is not in UTF-8", "Content-Type: application/json, in UTF-8"
    return None


def fault_of_json(body: bytes) -> Fault | None:
    """Why a body is not read as JSON; None when it says one thing only."""
    try:
        value = json.loads(
            body.decode("utf-8-sig"), object_pairs_hook=_members, parse_float=_number, parse_constant=_refuse_constant
        )
        _assert_characters(value)
    except NotStrict as error:
        return 400, error.problem, error.accepted
    except UnicodeDecodeError:
        return 400, "the body is not in UTF-8", "JSON in UTF-8"
    except (ValueError, RecursionError):
        return 400, "the body is not JSON", "JSON in UTF-8, as /api describes it"
    return None


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise NotStrict(f"the member {json.dumps(twice[:60])} is given twice", "every member once")
    return members


def _number(text: str) -> float:
    value = float(text)
    if isinf(value):
        raise NotStrict("a number is beyond the range of numbers", "numbers up to 1e308")
    return value


def _refuse_constant(_name: str) -> Any:
    raise NotStrict("a number is none of JSON (NaN, Infinity)", "a number in digits")


def _assert_characters(value: Any) -> None:
    """No zero byte and no half of a character, which no database text can hold."""
    left = [value]
    while left:
        item = left.pop()
        if isinstance(item, dict):
            left += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            left += item
        elif isinstance(item, str) and any(c == "\x00" or "\ud800" <= c <= "\udfff" for c in item):
            raise NotStrict("a text holds a zero byte or half of a character", "whole characters of Unicode")
