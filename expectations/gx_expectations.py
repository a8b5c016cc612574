"""Expectation types of our own for Great Expectations, which answer with counts and never with values.

The library's row-level types ignore nulls, fetch up to 200 offending values each and scan the table once per rule.
Here every rule of a dataset is one aggregate, and Great Expectations sends all aggregates of a suite as one query.
Importing this module imports Great Expectations, which takes seconds: import it only where a gate runs.
"""

from typing import Any, ClassVar

import geoalchemy2  # noqa: F401  without it a geometry column fails every expectation ("DDL for NullType()")
import sqlalchemy as sa
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.core.metric_function_types import MetricPartialFunctionTypes
from great_expectations.execution_engine import ExecutionEngine, SqlAlchemyExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.metrics.metric_provider import metric_partial, metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider

from expectations.row_sql import is_broken_sql

Metrics = dict[str, Any]


class RowsBreakingRule(TableMetricProvider):
    """How many rows that are not held do not keep a predicate over one row."""

    metric_name = "table.rows_breaking_rule"
    value_keys = ("predicate",)

    @metric_partial(
        engine=SqlAlchemyExecutionEngine,
        partial_fn_type=MetricPartialFunctionTypes.AGGREGATE_FN,
        domain_type=MetricDomainTypes.TABLE,
    )
    def _sqlalchemy(
        cls,  # noqa: N805  the library calls it as a class function
        execution_engine: SqlAlchemyExecutionEngine,
        metric_domain_kwargs: Metrics,
        metric_value_kwargs: Metrics,
        metrics: Metrics,
        runtime_configuration: Metrics,
    ) -> tuple[Any, Metrics, Metrics]:
        broken: sa.ColumnElement[bool] = sa.literal_column(is_broken_sql(metric_value_kwargs["predicate"]))
        return sa.func.count().filter(broken), metric_domain_kwargs, {}


class RowsBreakingUniqueness(TableMetricProvider):
    """The same for a predicate that looks at other rows; rows that are held do not count as others."""

    metric_name = "table.rows_breaking_uniqueness"
    value_keys = ("predicate",)

    @metric_value(engine=SqlAlchemyExecutionEngine)
    def _sqlalchemy(
        cls,  # noqa: N805
        execution_engine: SqlAlchemyExecutionEngine,
        metric_domain_kwargs: Metrics,
        metric_value_kwargs: Metrics,
        metrics: Metrics,
        runtime_configuration: Metrics,
    ) -> int:
        batch: Any = execution_engine.get_domain_records(domain_kwargs=metric_domain_kwargs)
        rows = batch if isinstance(batch, sa.FromClause) else batch.subquery()
        kept: Any = sa.literal_column(f"{metric_value_kwargs['predicate']} is true").label("kept")
        judged = sa.select(kept).select_from(rows).where(sa.literal_column("not is_held")).subquery()
        query = sa.select(sa.func.count()).select_from(judged).where(sa.not_(judged.c.kept))
        return int(execution_engine.execute_query(query).scalar_one())


class RowsFoundByQuery(TableMetricProvider):
    """The number that a query answers with."""

    metric_name = "table.rows_found_by_query"
    value_keys = ("query",)

    @metric_value(engine=SqlAlchemyExecutionEngine)
    def _sqlalchemy(
        cls,  # noqa: N805
        execution_engine: SqlAlchemyExecutionEngine,
        metric_domain_kwargs: Metrics,
        metric_value_kwargs: Metrics,
        metrics: Metrics,
        runtime_configuration: Metrics,
    ) -> int:
        query: Any = sa.select(sa.literal_column(metric_value_kwargs["query"]))
        return int(execution_engine.execute_query(query).scalar_one())


class ExpectRowsToKeepRule(BatchExpectation):
    """No row that is not held breaks the predicate; null counts as broken."""

    predicate: str
    metric_dependencies: ClassVar[tuple[str, ...]] = ("table.row_count", "table.rows_breaking_rule")
    success_keys: ClassVar[tuple[str, ...]] = ("predicate",)
    counted: ClassVar[str] = "table.rows_breaking_rule"

    def _validate(
        self,
        metrics: Metrics,
        runtime_configuration: Metrics | None = None,
        execution_engine: ExecutionEngine[Any] | None = None,
    ) -> Metrics:
        broken, rows = metrics[self.counted], metrics["table.row_count"]
        # The Data Docs print all four; without the share their page of the dataset breaks off.
        counts = {
            "observed_value": broken,
            "element_count": rows,
            "unexpected_count": broken,
            "unexpected_percent": 100 * broken / rows if rows else 0.0,
        }
        return {"success": broken == 0, "result": counts}


class ExpectRowsToBeUnique(ExpectRowsToKeepRule):
    """No row that is not held repeats another in the columns of the predicate."""

    metric_dependencies: ClassVar[tuple[str, ...]] = ("table.row_count", "table.rows_breaking_uniqueness")
    counted: ClassVar[str] = "table.rows_breaking_uniqueness"


class ExpectQueryToFindNothing(BatchExpectation):
    """The query, a scalar expression in brackets, answers 0."""

    query: str
    metric_dependencies: ClassVar[tuple[str, ...]] = ("table.rows_found_by_query",)
    success_keys: ClassVar[tuple[str, ...]] = ("query",)

    def _validate(
        self,
        metrics: Metrics,
        runtime_configuration: Metrics | None = None,
        execution_engine: ExecutionEngine[Any] | None = None,
    ) -> Metrics:
        found = metrics["table.rows_found_by_query"]
        return {"success": found == 0, "result": {"observed_value": found}}


class ExpectVolumeToHold(ExpectQueryToFindNothing):
    """The staged rows are as many as the release before them makes likely, and so is every partition of the sources.

    The query counts partitions that are out of bounds; without `max_value` the rows may be any number above the least.
    """

    min_value: int
    max_value: int | None = None
    metric_dependencies: ClassVar[tuple[str, ...]] = ("table.row_count", "table.rows_found_by_query")

    def _validate(
        self,
        metrics: Metrics,
        runtime_configuration: Metrics | None = None,
        execution_engine: ExecutionEngine[Any] | None = None,
    ) -> Metrics:
        rows, partitions = metrics["table.row_count"], metrics["table.rows_found_by_query"]
        fits = self.min_value <= rows and (self.max_value is None or rows <= self.max_value)
        result = {"observed_value": rows, "unexpected_count": partitions if fits else partitions + 1}
        return {"success": fits and partitions == 0, "result": result}
