"""The Great Expectations run of the gate: context, data source, suites, checkpoint, and its findings as counts.

What the library keeps (for Data Docs, `data_docs.py`) lies under <home>/gx/<release_id>; connection strings are not
written there, and error texts of the database, which can quote values, are cut down to their class.
Importing this module imports Great Expectations.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from expectations.lazy_imports import import_when_used

os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read when the library is imported
import_when_used("scipy.stats")  # seconds, for statistics that no rule of ours asks for

import great_expectations as gx
from great_expectations.core import ExpectationSuiteValidationResult, ExpectationValidationResult
from great_expectations.data_context import EphemeralDataContext
from great_expectations.data_context.types.base import (
    DataContextConfig,
    FilesystemStoreBackendDefaults,
    ProgressBarsConfig,
)

from connectors.settings import home, warehouse_dsn
from expectations.guards import LastRows
from expectations.rules import Rulebook
from expectations.staged_rows import staged_rows_sql
from expectations.suite import build_suite

_URL = "LIENTHONG_GATE_URL"
# Staged rows are those of the release that is open now; how many that are, the planner cannot know. It takes them for
# few and would look up the facts of a million rows one by one.
_SESSION = {"default_transaction_read_only": "on", "jit": "off", "enable_nestloop": "off"}
_OPTIONS = {"application_name": "lienthong-gate", "options": " ".join(f"-c {k}={v}" for k, v in _SESSION.items())}
# Counts only: no offending values, no queries that would show them.
_COUNTS = {"result_format": "BASIC", "partial_unexpected_count": 0, "exclude_unexpected_values": True}
_COUNT_KEYS = ("observed_value", "element_count", "unexpected_count", "missing_count")


@dataclass(frozen=True)
class Finding:
    """What the library answered for one rule: success, and counts or the class of an error."""

    success: bool
    observed: dict[str, Any]


def run_checkpoint(
    rulebooks: Mapping[str, Rulebook], *, release_id: int, last_rows: Mapping[str, LastRows]
) -> dict[tuple[str, str], Finding]:
    """Validates every dataset and answers the findings by (dataset, rule id); a rule without an answer is absent."""
    if not rulebooks:
        return {}
    context = open_context(release_id, fresh=True)
    os.environ[_URL] = _sqlalchemy_url(warehouse_dsn("lt_publisher"))
    # All at once: the library writes its configuration anew after each thing that is added to it.
    assets: list[dict[str, Any]] = [
        {"name": name, "type": "query", "query": staged_rows_sql(book), "batch_definitions": [{"name": "staged"}]}
        for name, book in rulebooks.items()
    ]
    given: dict[str, Any] = {"connection_string": f"${{{_URL}}}", "assets": assets}
    source = context.data_sources.add_postgres("warehouse", **given)
    definitions = []
    for dataset, rulebook in rulebooks.items():
        suite = context.suites.add(
            build_suite(rulebook, release_id=release_id, last=last_rows.get(dataset, LastRows()))
        )
        batch = source.get_asset(dataset).get_batch_definition("staged")
        definition = gx.ValidationDefinition(name=dataset, data=batch, suite=suite)
        definitions.append(context.validation_definitions.add(definition))
    checkpoint = context.checkpoints.add(
        gx.Checkpoint(name="gate", validation_definitions=definitions, result_format=_COUNTS)
    )
    answer = checkpoint.run(run_id=gx.RunIdentifier(run_name=f"release {release_id}"))
    findings: dict[tuple[str, str], Finding] = {}
    for key, result in answer.run_results.items():
        dataset = key.expectation_suite_identifier.name
        _strip(result, rulebooks[dataset])
        context.validation_results_store.set(key, result)
        findings |= {(dataset, rule_id): finding for rule_id, finding in _findings(result)}
    source.get_engine().dispose()
    return findings


def context_dir(release_id: int) -> Path:
    """Where the library keeps suites and results of a release."""
    return home() / "gx" / str(release_id)


def open_context(release_id: int, *, fresh: bool = False) -> EphemeralDataContext:
    """The library's context of a release; `fresh` forgets what an earlier run of the gate left.

    Suites and results are files; the rest of its configuration stays in memory, because the library would write all of
    it again after each of the many things that are added to it.
    """
    root = context_dir(release_id)
    if fresh:
        shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True, exist_ok=True)
    stores = FilesystemStoreBackendDefaults(root_directory=root)
    config = DataContextConfig(
        store_backend_defaults=stores,
        analytics_enabled=False,
        progress_bars=ProgressBarsConfig(globally=False),
    )
    return gx.get_context(mode="ephemeral", project_config=config)


def _sqlalchemy_url(dsn: str) -> str:
    url = dsn.replace("postgresql://", "postgresql+psycopg2://", 1)
    return f"{url}{'&' if '?' in url else '?'}{urlencode(_OPTIONS, quote_via=quote)}"


def _strip(result: ExpectationSuiteValidationResult, rulebook: Rulebook) -> None:
    """Takes out of a result what could quote a row: texts and traces of errors, and values of personal columns."""
    personal = {rule.id for rule in rulebook.rules if set(rule.columns) & set(rulebook.personal)}
    for item in result.results:
        if _error_class(item) is not None:
            item.exception_info = {
                "raised_exception": True,
                "exception_message": _error_class(item),
                "exception_traceback": None,
            }
        if _rule_id(item) in personal:
            item.result = {key: item.result[key] for key in _COUNT_KEYS[1:] if key in item.result}


def _findings(result: ExpectationSuiteValidationResult) -> Iterator[tuple[str, Finding]]:
    for item in result.results:
        error = _error_class(item)
        if error is not None:
            yield _rule_id(item), Finding(success=False, observed={"error": error})
            continue
        counts = {key: item.result[key] for key in _COUNT_KEYS if key in item.result}
        found = counts.get("unexpected_count", counts.get("observed_value"))
        yield _rule_id(item), Finding(success=bool(item.success), observed={"found": found, **counts})


def _rule_id(item: ExpectationValidationResult) -> str:
    config = item.expectation_config
    return str(config.meta["rule_id"]) if config is not None and config.meta else ""


def _error_class(item: ExpectationValidationResult) -> str | None:
    """The class of what an expectation raised, such as `UndefinedColumn`; None if it raised nothing."""
    info = item.exception_info or {}
    entries = [info] if "raised_exception" in info else list(info.values())
    for entry in entries:
        if entry.get("raised_exception"):
            return _class_in(str(entry.get("exception_message") or ""))
    return None


def _class_in(message: str) -> str:
    # SQLAlchemy starts its messages with the driver's class: "(psycopg2.errors.UndefinedColumn) column …".
    if message.startswith("("):
        return message[1:].partition(")")[0].rpartition(".")[2]
    return message if message.isidentifier() else "evaluation failed"
