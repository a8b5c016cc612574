"""The build: one `dbt build` as a process of its own, and its verdict read from run_results.

Unit tests of models are left to `make test`: they judge code, not data. Passwords reach dbt by its environment only.
"""

import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from connectors.errors import BuildFailed
from connectors.settings import home, project_root, warehouse_dsn
from expectations.build_scope import changed_sources, forget_build, remember_build
from expectations.dbt_process import run_dbt, start_early
from expectations.fingerprint import Fingerprint

_FAILED = frozenset({"error", "fail", "runtime error", "partial success"})
_SHOWN = 8
# Views straight on raw tables stay while no definition changes; their tests run all the same (`empty` keeps them in).
_PARTIAL = ("--exclude", "path:models/staging,config.materialized:view", "--indirect-selection", "empty")
_QUOTED_VALUE = re.compile(r'(for type [^:]+: )".*?"')


@dataclass(frozen=True)
class Build:
    """What a build did: how many models and tests ran, and for how long."""

    models: int
    tests: int
    seconds: float


def build_warehouse(
    made_of: Fingerprint, *, everything: bool = False, meanwhile: Callable[[], object] | None = None
) -> Build:
    """Builds staging, intermediate and warehouse; raises `BuildFailed` naming the models or tests at fault.

    `made_of` is the fingerprint of what is built. What stands on no source that changed since the last complete build
    is left as it is, unless `everything` is asked for. `meanwhile` is done in this process while dbt works.
    """
    changed = None if everything else changed_sources(made_of, manifest=_target() / "manifest.json")
    if changed is not None and not changed:
        return Build(models=0, tests=0, seconds=0)
    forget_build()
    built = _build(changed, meanwhile)
    remember_build(made_of)
    return built


def start_dbt_early() -> None:
    """Lets dbt be imported and the project parsed while the sources are read; without effect on what is built."""
    start_early(_arguments("parse"), _environment())


def _build(changed: frozenset[str] | None, meanwhile: Callable[[], object] | None) -> Build:
    results = _target() / "run_results.json"
    results.parent.mkdir(parents=True, exist_ok=True)
    results.unlink(missing_ok=True)  # a run that ends before writing must not be judged by the run before
    chosen = [*_PARTIAL, "--select", *(f"source:{name}+" for name in sorted(changed))] if changed else []
    arguments = _arguments("build", "--exclude-resource-type", "unit_test", *chosen)
    code, printed = run_dbt(arguments, _environment(), meanwhile=meanwhile)
    if not results.exists():
        raise _failed("dbt to run", _clean(_last_lines(printed)))
    outcome = json.loads(results.read_text(encoding="utf-8"))
    faults = [_fault(entry) for entry in outcome["results"] if entry["status"] in _FAILED]
    if faults or code != 0:
        more = [f"and {len(faults) - _SHOWN} more"] if len(faults) > _SHOWN else []
        raise _failed("every model to build and every test to pass", "\n".join(faults[:_SHOWN] + more) or "dbt failed")
    kinds = [entry["unique_id"].partition(".")[0] for entry in outcome["results"]]
    return Build(models=kinds.count("model"), tests=kinds.count("test"), seconds=outcome["elapsed_time"])


def _arguments(command: str, *more: str) -> list[str]:
    project = project_root() / "dbt_project"
    return [
        *("--no-use-colors", "--no-send-anonymous-usage-stats", "--no-version-check", "--quiet"),
        *("--log-path", str(home() / "dbt" / "logs"), "--log-level-file", "info"),
        command,
        *("--project-dir", str(project), "--profiles-dir", str(project), "--target-path", str(_target())),
        *more,
    ]


def _target() -> Path:
    return home() / "dbt" / "target"


def _environment() -> dict[str, str]:
    url = urlsplit(warehouse_dsn("lt_builder"))
    return os.environ | {
        "LIENTHONG_DBT_HOST": url.hostname or "localhost",
        "LIENTHONG_DBT_PORT": str(url.port or 5432),
        "LIENTHONG_DBT_USER": unquote(url.username or "lt_builder"),
        "LIENTHONG_DBT_PASSWORD": unquote(url.password or ""),
        "LIENTHONG_DBT_DBNAME": url.path.lstrip("/"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
        "PGOPTIONS": "-c client_connection_check_interval=500ms",  # statements end with the process that sent them
    }


def _fault(entry: dict[str, Any]) -> str:
    kind, _, name = entry["unique_id"].split(".")[:3]
    lines = [line.strip() for line in (entry.get("message") or entry["status"]).splitlines() if line.strip()]
    return f"{kind} {name}: {_clean(' '.join(_safe(lines))[:400])}"


def _safe(lines: list[str]) -> Iterator[str]:
    """The first lines of an error; never a detail of the server, which quotes the row."""
    for line in lines[:4]:
        if line.startswith(("DETAIL", "CONTEXT", "compiled code")):
            return
        yield line


def _last_lines(text: str) -> str:
    return "\n".join([line for line in text.splitlines() if line.strip()][-6:])


def _clean(text: str) -> str:
    password = unquote(urlsplit(warehouse_dsn("lt_builder")).password or "")
    text = _QUOTED_VALUE.sub(r'\1"…"', text)
    return text.replace(password, "***") if password else text


def _failed(expected: str, found: str) -> BuildFailed:
    return BuildFailed(
        expected=expected,
        found=found,
        where=f"dbt build, log in {home() / 'dbt' / 'logs' / 'dbt.log'}",
        next_step="Nothing was staged or published. Correct the model, or the contract of its source, and re-run.",
    )
