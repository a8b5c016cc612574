"""The names that the DAGs share for a source system: its asset, its pool, its partitions, its steward as owner."""

from datetime import timedelta

from airflow.sdk import Asset

from connectors.contracts import SourceContract

LOCAL_TIME = "Asia/Ho_Chi_Minh"

# A new installation waits for the next time of its schedule; with False Airflow makes up for one that just passed.
NEVER_AT_ONCE = timedelta(0)


def raw_asset(system: str) -> Asset:
    """The asset that says: new accepted data of this system lie in `raw`."""
    return Asset(name=f"raw/{system}", uri=f"lienthong://raw/{system}", group="raw")


def source_pool(system: str) -> str:
    """The pool that keeps us polite: so many readers at this source at once and no more (made by `infra.pools`)."""
    return f"source_{system}"


def steward(contract: SourceContract) -> str:
    """The steward as a DAG owner; Airflow would read a comma as the start of another owner."""
    return contract.owner["steward"].replace(",", " –")


def partition_labels(contract: SourceContract) -> dict[str, str]:
    """The partitions to read, each with the name a person knows it by."""
    known = contract.partitions.values if contract.partitions else {}
    return {value: f"{value} {known[value]}" if value in known else value for value in contract.partition_names}
