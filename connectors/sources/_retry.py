"""Trying again when a source is passingly unavailable: four times, with growing pauses."""

from collections.abc import Callable
from typing import TypeVar

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from connectors.errors import SourceUnavailable

T = TypeVar("T")


def retried(step: Callable[[], T]) -> T:
    """The answer of the step; the last `SourceUnavailable` if four attempts within some ten seconds fail."""
    attempts = Retrying(
        stop=stop_after_attempt(4),
        wait=wait_exponential_jitter(multiplier=0.3, max=5),
        retry=retry_if_exception_type(SourceUnavailable),
        reraise=True,
    )
    return attempts(step)
