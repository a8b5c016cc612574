"""Where the fact of a rule was seen to become true of a damaged raw record, so that the gate's own test is not alone.

`make gate-selftest` sets the facts of a good row; that a damaged record at a source makes them so is shown by a fault
of the demonstration (the first journey demands that each is caught), by a unit test of the model that computes the
column, or by a column that is published as it was read. Found by machine; what is not found so stands in
`origins.yml`, and each of its lines is looked up here as well.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from connectors.settings import project_root
from expectations.row_sql import sees_other_rows
from expectations.rule_page import rule_page
from expectations.rules import Rule, Rulebook

_RULE_ID = re.compile(r"^[A-Z]{1,3}\d{2}$")
_REF = re.compile(r"ref\(\s*'([a-z0-9_]+)'\s*\)")
_CALL = re.compile(r"\b([a-z][a-z_]+)\(")
_UNIT_TEST = "unit test"


@dataclass(frozen=True)
class Origin:
    """What showed the fact of a rule: kind (fault, unit test, test, as read, gate, own arithmetic) and where."""

    kind: str
    where: str


def origin_of(book: Rulebook, rule: Rule) -> Origin | None:
    """The strongest that is known of a rule; None is a hole."""
    if rule.depends_on is not None or not rule.is_row_level or sees_other_rows(rule):
        return Origin("gate", "the gate computes it itself, of the rows that are staged")
    if rule.id in (faults := fault_files()):
        return Origin("fault", f"infra/demo/{faults[rule.id]}")
    if declared := _declared(rule):
        return declared
    mart = book.dataset.relation.rpartition(".")[2]
    found = [_unit_tested(_makers(mart, column), column, value) for column, value in _to_prove(book, rule).items()]
    if found and all(found):
        return Origin(_UNIT_TEST, ", ".join(sorted({name for name in found if name})))
    return None


@cache
def fault_files() -> dict[str, str]:
    """The rules that the demonstration has a fault for, and the file that makes it."""
    found: dict[str, str] = {}
    for path in sorted((project_root() / "infra" / "demo").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and _RULE_ID.match(node.value):
                found.setdefault(node.value, path.name)
    return found


@cache
def declarations() -> dict[str, dict[str, Any]]:
    """`origins.yml`: rule id by section, with what is said of it."""
    path = project_root() / "expectations" / "selftest" / "origins.yml"
    content: dict[str, dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content


def broken_declarations() -> Iterator[str]:
    """Lines of `origins.yml` that do not hold: a column that is computed, a test that is not there."""
    said = declarations()
    for rule_id, columns in said["as_read"].items():
        yield from (f"{rule_id}: {column} is not read as it is" for column in columns if not _is_read(column))
    for section in ("tested", "own_arithmetic"):
        for rule_id, tests in said[section].items():
            yield from (f"{rule_id}: there is no test {name}" for name in tests if not _is_test(name))


def _declared(rule: Rule) -> Origin | None:
    said = declarations()
    for section, kind in (("as_read", "as read"), ("tested", "test"), ("own_arithmetic", "own arithmetic")):
        if rule.id in said[section]:
            return Origin(kind, ", ".join(said[section][rule.id]))
    return None


def _to_prove(book: Rulebook, rule: Rule) -> dict[str, object]:
    """The columns that the self-test damages for a rule, and how: its facts, else what it publishes."""
    page = rule_page(rule.id)
    damage = dict[str, object](page.damage if page else {})
    judged = {name: value for name, value in damage.items() if name in (rule.predicate or "")}
    return {name: value for name, value in judged.items() if name in book.dataset.facts} or judged


def _unit_tested(models: frozenset[str], column: str, damaged: object) -> str | None:
    """The unit test that expects the column of one of the models as the damage sets it, or else in two ways."""
    values: dict[str, str] = {}
    for model in sorted(models):
        for test in unit_tests().get(model, []):
            rows = test["expect"].get("rows")
            values |= {str(r[column]): test["name"] for r in rows if column in r} if isinstance(rows, list) else {}
    wanted = {"null": "None"}.get(str(damaged), str(damaged))
    if isinstance(damaged, bool) or wanted == "None":
        return values.get(wanted)
    return next(iter(values.values())) if len(values) > 1 else None


@cache
def unit_tests() -> dict[str, list[dict[str, Any]]]:
    """The unit tests of dbt by model."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path in sorted(_dbt().glob("models/**/*.yml")):
        for test in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("unit_tests", []):
            found.setdefault(test["model"], []).append(test)
    return found


@cache
def _models() -> dict[str, Path]:
    return {path.stem: path for path in sorted(_dbt().glob("models/**/*.sql"))}


@cache
def _makers(model: str, column: str) -> frozenset[str]:
    """The models by which a column came to the mart: from the mart up to where it is computed, and no further."""
    path = _models().get(model) or _models().get(f"reference_{model}")
    text = _with_macros(path) if path else ""
    if not re.search(rf"\b{column}\b", text):
        return frozenset()
    made = re.findall(rf"^(.*) as {column}\b", text, re.MULTILINE)
    if any(not re.search(rf"\b{column}\b", expression) for expression in made):
        return frozenset({model})
    parents = {name for name in _REF.findall(text) if name != model}
    return frozenset({model}).union(*(_makers(parent, column) for parent in parents))


def _with_macros(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    files = (_dbt() / "macros" / f"{macro}.sql" for macro in sorted(set(_CALL.findall(text))))
    return "\n".join((text, *(file.read_text(encoding="utf-8") for file in files if file.exists())))


def _is_read(place: str) -> bool:
    """Whether `model.column` is a column of a seed, or one that a staging model renames, casts, trims and no more."""
    model, _, column = place.partition(".")
    seeds = list(_dbt().glob(f"seeds/**/{model}.csv"))
    if seeds:
        return column in seeds[0].read_text(encoding="utf-8").partition("\n")[0].strip().split(",")
    if model not in _models() or not model.startswith("stg_"):
        return False
    plain = rf"^\s*(upper\(trim\(\w+\)\)|trim\(\w+\)|\{{\{{ clean_name\('\w+'\) \}}\}}|\w+)(::\w+)? as {column},?$"
    alone = rf"^\s*{column},?$"
    text = _models()[model].read_text(encoding="utf-8")
    return re.search(f"{plain}|{alone}", text, re.MULTILINE) is not None


def _is_test(name: str) -> bool:
    """Whether a test is there: the name of a dbt unit test, or path::function."""
    path, _, function = name.partition("::")
    if not function:
        return any(test["name"] == name for tests in unit_tests().values() for test in tests)
    file = project_root() / path
    return file.exists() and f"def {function}(" in file.read_text(encoding="utf-8")


def _dbt() -> Path:
    return project_root() / "dbt_project"
