"""Contract against source: are the columns still those of the contract, in name and type?

Values are not looked at here; that is `_fit.py`.
"""

import re
from collections.abc import Mapping
from difflib import get_close_matches

from connectors.column_types import ColumnType
from connectors.errors import ContractBroken
from connectors.sources._reading import Request

_WIDENS = {
    "smallint": ("smallint",),
    "integer": ("smallint", "integer"),
    "bigint": ("smallint", "integer", "bigint"),
    "double": ("real", "double"),
    "date": ("date", "timestamp"),  # a time of day other than midnight is refused value by value
}
_NUMERIC = re.compile(r"numeric\((\d+),(\d+)\)")


def check_shape(request: Request, found: Mapping[str, str | None]) -> None:
    """Raises `ContractBroken` unless the columns found are those of the contract.

    `found` gives each column's type as contracts write it; None where the source has no types (CSV, JSON).
    """
    expected = {column.name: column.typed for column in request.table.columns}
    geometry = request.table.geometry
    names = {*expected, *([geometry.column] if geometry else [])}
    present = {name: kind for name, kind in found.items() if name not in request.table.format.ignore}
    added, removed = sorted(set(present) - names), sorted(names - set(present))
    retyped = [
        f"{name} is {kind}, not {expected[name].sql}"
        for name, kind in present.items()
        if name in expected and kind is not None and not _holds(expected[name], kind)
    ]
    if added or removed or retyped:
        raise ContractBroken(
            expected=f"the {len(names)} columns of the contract",
            found=_classified(added, removed, retyped, present),
            where=f"{request.where} ({request.table.source})",
            next_step="Ask the owner of the source what changed, then change the contract and its staging model. "
            "Nothing was loaded; the last good data stays.",
        )


def _classified(added: list[str], removed: list[str], retyped: list[str], present: Mapping[str, str | None]) -> str:
    renamed: dict[str, str] = {}
    for name in removed:
        rest = [other for other in added if other not in renamed.values()]
        close = get_close_matches(name, rest, n=1, cutoff=0.6)
        if close or len(rest) == len(removed) == 1:
            renamed[name] = close[0] if close else rest[0]
    parts = [
        _list("renamed?", [f"{old} -> {new}" for old, new in renamed.items()]),
        _list("removed", [name for name in removed if name not in renamed]),
        _list("added", [_with_type(name, present) for name in added if name not in renamed.values()]),
        _list("retyped", retyped),
    ]
    return "; ".join(part for part in parts if part)


def _list(title: str, items: list[str]) -> str:
    return f"{title} {', '.join(items)}" if items else ""


def _with_type(name: str, present: Mapping[str, str | None]) -> str:
    return f"{name} ({present[name]})" if present[name] else name


def _holds(expected: ColumnType, found: str) -> bool:
    if expected.family != "numeric":
        return found in _WIDENS.get(expected.family, (expected.family,))
    match, ours = _NUMERIC.fullmatch(found), _NUMERIC.fullmatch(expected.sql)
    if match is None or ours is None:
        return found in ("numeric", "double", *_WIDENS["bigint"])
    digits, scale = int(ours[1]), int(ours[2])
    return int(match[2]) <= scale and int(match[1]) - int(match[2]) <= digits - scale
