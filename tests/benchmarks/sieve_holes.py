"""A sieve with a hole: which dossiers are asked when one step from what changed to what it touches is left out."""

from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import psycopg
import pytest

from connectors.settings import warehouse_dsn
from expectations.dossiers import touched
from expectations.dossiers.answering import sift
from expectations.dossiers.reading import read_dossiers


def all_holes() -> list[str]:
    """The names of all steps: by dataset, or by table and place in the list of steps."""
    return [
        *(name for name, names in touched._NAMES.items() if "r." in names),
        *(f"held {number}" for number in range(len(touched._FROM_HELD))),
        *(f"changed {number}" for number in range(len(touched._FROM_CHANGED))),
    ]


def asked_with_holes(
    file: Path, base: int, staged: int, moment: datetime, holes: Iterable[str]
) -> Mapping[str, set[int]]:
    """By hole, the lines of the file that are still asked; `none` is the sieve as it is."""
    asked = {}
    with psycopg.connect(warehouse_dsn("lt_publisher"), autocommit=True) as conn:
        read_dossiers(conn, file)
        for hole in ("none", *holes):
            with _left_out(hole):
                sift(conn, base, staged, moment)
            asked[hole] = {line for (line,) in conn.execute("select line_no from asked")}
    return asked


@contextmanager
def _left_out(hole: str):
    kind, _, number = hole.partition(" ")
    with pytest.MonkeyPatch.context() as patch:
        if hole in touched._NAMES:
            patch.setitem(touched._NAMES, hole, "'{}'::text[]")
        elif number:
            name = f"_FROM_{kind.upper()}"
            steps = getattr(touched, name)
            patch.setattr(touched, name, steps[: int(number)] + steps[int(number) + 1 :])
        yield
