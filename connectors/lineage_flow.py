"""What lineage events tell of: a run, and from which tables to which it goes. Sending them: `lineage_events.py`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import uuid4

from connectors.settings import warehouse_dsn

PRODUCER = "urn:lien-thong"
NAMESPACE = "lienthong"


@dataclass(frozen=True)
class Table:
    """A table as OpenLineage names it: where it is, and its name there."""

    namespace: str
    name: str


@dataclass(frozen=True)
class Flow:
    """From which tables to which; `parts` are smaller jobs within, each with a flow of its own."""

    inputs: Sequence[Table] = ()
    outputs: Sequence[Table] = ()
    parts: Sequence[tuple[str, "Flow"]] = ()


@dataclass
class LineageRun:
    """A run under way. Whoever finds that it failed without an error says so in `failure`."""

    job: str
    flow: Callable[[], Flow]
    run_id: str = field(default_factory=lambda: str(uuid4()))
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    notes: list[str] = field(default_factory=list)
    failure: str | None = None


def warehouse_table(schema: str, name: str) -> Table:
    """A table of the warehouse; host, port and database are told, never a password."""
    url = urlsplit(warehouse_dsn("lt_publisher"))
    return Table(f"postgres://{url.hostname}:{url.port or 5432}", f"{url.path.lstrip('/')}.{schema}.{name}")
