"""The page of every rule, in four parts and two languages, and the damage that must break it.

They stand in `rule_pages/*.yml`, apart from the rulebooks: what a rule says to people may be reworded without a new
release, what it checks may not.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, ValidationError

from connectors.errors import ContractInvalid
from connectors.settings import project_root
from expectations.rule_parts import Bilingual, Strict

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class RulePage(Strict):
    """What a rule shows, an example, why it matters, and how to mend what it finds.

    `damage` sets columns of a good row (name: SQL expression) so that exactly this rule must notice; rules that look at
    other rows or at a whole release are damaged by their kind (`selftest/damage.py`).
    """

    shows: Bilingual
    example: Bilingual
    why: Bilingual
    mend: Bilingual
    damage: dict[str, str | int | float | bool] = Field(default_factory=dict)


def rule_page(rule_id: str) -> RulePage | None:
    """The page of a rule or guard; None where none was written."""
    return load_pages().get(rule_id)


def load_pages() -> dict[str, RulePage]:
    """All pages by rule id; raises `ContractInvalid` for a page that lacks a part, or an id with two pages."""
    folder = project_root() / "expectations" / "rule_pages"
    return _read(tuple((path, path.stat().st_mtime_ns) for path in sorted(folder.glob("*.yml"))))


@lru_cache(maxsize=2)
def _read(stamps: tuple[tuple[Path, int], ...]) -> dict[str, RulePage]:
    pages: dict[str, RulePage] = {}
    for path, _ in stamps:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506  a safe loader
        for rule_id, page in content.items():
            if rule_id in pages:
                raise _invalid(path, f"one page of {rule_id}", "a second one")
            try:
                pages[rule_id] = RulePage.model_validate(page)
            except ValidationError as error:
                found = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
                raise _invalid(path, f"shows, example, why and mend of {rule_id}, each vi and en", found) from error
    return pages


def _invalid(path: Path, expected: str, found: str) -> ContractInvalid:
    return ContractInvalid(expected=expected, found=found, where=str(path), next_step="Correct the page.")
