"""Source contracts: one YAML per source system is the only place that says what a source is.

`load_contract` reads `connectors/sources/<system>.yml` and refuses what it does not understand. Reading the source
itself is in `connectors/sources`, the raw tables derived from a contract in `connectors/warehouse/raw_tables.py`.
"""

import re
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from connectors.contract_models import (
    WHOLE,
    ColumnContract,
    GeometryContract,
    SourceContract,
    TableContract,
)
from connectors.errors import ContractInvalid
from connectors.settings import project_root

__all__ = [
    "WHOLE",
    "ColumnContract",
    "Contract",
    "GeometryContract",
    "SourceContract",
    "TableContract",
    "load_contract",
    "load_contracts",
]

Contract = SourceContract


def load_contract(system: str) -> SourceContract:
    """The contract of a system; `ContractInvalid` says which line of thought the file breaks."""
    path = _folder() / f"{system}.yml"
    if not re.fullmatch(r"[a-z][a-z0-9_]*", system) or not path.is_file():
        known = ", ".join(sorted(p.stem for p in _folder().glob("*.yml")))
        raise ContractInvalid(
            expected=f"a contract for one of the systems {known}",
            found=f"none for {system!r}",
            where=str(_folder()),
            next_step="Name one of these systems, or write its contract.",
        )
    return _read_contract(path)


def load_contracts() -> dict[str, SourceContract]:
    """All contracts by system, in alphabetical order."""
    return {path.stem: _read_contract(path) for path in sorted(_folder().glob("*.yml"))}


def _folder() -> Path:
    return project_root() / "connectors" / "sources"


def _read_contract(path: Path) -> SourceContract:
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), _NoRepeats)  # noqa: S506 (it is a SafeLoader)
        if not isinstance(data, dict) or data.get("system") != path.stem:
            raise ValueError(f"the file {path.name} must say `system: {path.stem}`")
        return SourceContract.model_validate(data)
    except ValidationError as error:
        raise _invalid(path, "; ".join(_say(line) for line in error.errors())) from error
    except (ValueError, yaml.YAMLError) as error:
        raise _invalid(path, str(error)) from error


def _say(line: Any) -> str:
    place = ".".join(str(part) for part in line["loc"]) or "contract"
    return f"{place}: {line['msg']}"


def _invalid(path: Path, found: str) -> ContractInvalid:
    return ContractInvalid(
        expected="a source contract as section 4 of the design describes it",
        found=found,
        where=str(path),
        next_step="Correct the file; `lienthong contracts sync --check` reads all contracts.",
    )


class _NoRepeats(yaml.SafeLoader):
    """YAML keeps the last of two equal keys in silence; a contract with two columns of one name is a mistake."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        repeated = sorted({str(key) for key in keys if keys.count(key) > 1})
        if repeated:
            raise ValueError(f"{', '.join(repeated)} stands twice in line {node.start_mark.line + 1}")
        return super().construct_mapping(node, deep)
