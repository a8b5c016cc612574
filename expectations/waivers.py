"""Waivers: for a time and a scope, failures of one rule are published as if the rule only warned.

They stand in `expectations/waivers.yml`, so who granted what and why is versioned with the rules. Here they are read
and judged by date; where a row is let through is `waived_rows.py`.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, Self
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from connectors.errors import ContractInvalid
from connectors.settings import project_root
from expectations.rules import Bilingual, Identifier, Rulebook, RuleId, Text

# A waiver is a bridge, not a change of the rule.
LONGEST_DAYS = 366
_DAYS_IN = ZoneInfo("Asia/Ho_Chi_Minh")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Scope(_Strict):
    """What a waiver reaches: records of some communes (of today), or some record keys."""

    communes: tuple[Annotated[str, Field(pattern=r"^\d{5}$")], ...] = ()
    keys: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if bool(self.communes) == bool(self.keys):
            raise ValueError("give either communes or keys; for every record write `scope: all`")
        return self


class Waiver(_Strict):
    """One waiver. Its id is permanent; it holds up to and including `expires_on`."""

    id: Annotated[str, Field(pattern=r"^W\d{4}-\d{3}$")]
    rule: RuleId
    dataset: Identifier
    scope: Literal["all"] | Scope
    approver: Text
    reason: Bilingual
    granted_on: date
    expires_on: date

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if self.expires_on < self.granted_on:
            raise ValueError("a waiver ends on or after the day it was granted")
        if (self.expires_on - self.granted_on).days > LONGEST_DAYS:
            raise ValueError(f"a waiver holds for {LONGEST_DAYS} days at most; grant it again, or change the rule")
        return self

    def holds_on(self, day: date) -> bool:
        """Whether the waiver is in force on a day."""
        return self.granted_on <= day <= self.expires_on


class WaiverState(NamedTuple):
    """A waiver as it stands on a day."""

    waiver: Waiver
    state: Literal["in_force", "expired", "not_yet"]


class _File(_Strict):
    waivers: tuple[Waiver, ...] = ()

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        ids = [waiver.id for waiver in self.waivers]
        if repeated := {name for name in ids if ids.count(name) > 1}:
            raise ValueError(f"waiver ids are used once: {', '.join(sorted(repeated))}")
        return self


def waivers_path() -> Path:
    """The file of the waivers."""
    return project_root() / "expectations" / "waivers.yml"


def load_waivers() -> tuple[Waiver, ...]:
    """All waivers, also those that ended; none when there is no file. Raises `ContractInvalid` naming what is wrong."""
    path = waivers_path()
    if not path.exists():
        return ()
    try:
        return _read(path.read_text(encoding="utf-8")).waivers
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise _invalid(path, "YAML", str(error).splitlines()[0]) from error
    except ValidationError as error:
        found = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()[:3])
        raise _invalid(path, "waivers as its head describes", found) from error


@lru_cache(maxsize=1)
def _read(text: str) -> _File:
    # asked for once for every rule of a gate
    return _File.model_validate(yaml.safe_load(text) or {})


def assert_waivers_fit(books: Mapping[str, Rulebook]) -> None:
    """Raises `ContractInvalid` for a waiver that would silently waive nothing.

    Its dataset must have the rule; guards are no rules of a rulebook, and nobody waives those. A rule over the whole
    dataset is waived as a whole. A row that is held with another record is let go by a waiver of what holds that one.
    A waiver that ended is history: its rule may be retired since.
    """
    today = local_day(datetime.now(UTC))
    for waiver in (w for w in load_waivers() if today <= w.expires_on):
        book = books.get(waiver.dataset)
        rule = next((r for r in book.rules if r.id == waiver.rule), None) if book else None
        if rule is None:
            expected, found = "waivers of rules that their dataset has", f"{waiver.dataset} has no rule {waiver.rule}"
        elif rule.depends_on is not None:
            expected = f"a waiver of the rule that holds the record of {rule.depends_on.dataset}"
            found = f"{waiver.rule} holds a row because that record is held, and cannot be waived by itself"
        elif not rule.is_row_level and waiver.scope != "all":
            expected = "scope: all for a rule that judges the whole dataset"
            found = f"some records only, and {waiver.rule} judges no single record"
        else:
            continue
        raise _invalid(waivers_path(), expected, f"{waiver.id}: {found}")


def local_day(at: datetime) -> date:
    """The Vietnamese day of a moment: a waiver ends with its last day there."""
    return at.astimezone(_DAYS_IN).date()


def waiver_states(waivers: Sequence[Waiver], day: date) -> list[WaiverState]:
    """How each waiver stands on a day, those in force first."""
    states = [WaiverState(w, "in_force" if w.holds_on(day) else _outside(w, day)) for w in waivers]
    order = {"in_force": 0, "not_yet": 1, "expired": 2}
    return sorted(states, key=lambda s: (order[s.state], s.waiver.expires_on, s.waiver.id))


def _outside(waiver: Waiver, day: date) -> Literal["expired", "not_yet"]:
    return "expired" if day > waiver.expires_on else "not_yet"


def _invalid(path: Path, expected: str, found: str) -> ContractInvalid:
    return ContractInvalid(
        expected=expected, found=found, where=str(path), next_step="Correct the file; nothing was waived."
    )
