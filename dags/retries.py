"""Retry or not is decided by the error class: what every task of every DAG here starts from.

`Retryable` is tried again, later each time; `Stop` fails at once, because trying again cannot help. An error of neither
class is a defect in our code: it fails at once as well, so that somebody reads it. A worker that was killed leaves no
error at all and is retried: every step may be repeated without harm.
"""

from datetime import timedelta
from typing import Any

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule

BY_ERROR_CLASS = ExceptionRetryPolicy(
    rules=[
        RetryRule(exception="connectors.errors.Retryable", action=RetryAction.RETRY, reason="Retryable: may pass"),
        RetryRule(exception="connectors.errors.Stop", action=RetryAction.FAIL, reason="Stop: a person must look first"),
    ],
    default=RetryAction.FAIL,
)

TASK_DEFAULTS: dict[str, Any] = {
    "retries": 3,
    "retry_delay": timedelta(seconds=30),
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(minutes=10),
    "retry_policy": BY_ERROR_CLASS,
    "execution_timeout": timedelta(hours=2),
}
