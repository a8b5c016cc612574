"""The pools of Airflow that keep us polite: one per source system, so many readers at a time and no more."""

from typing import Any

from connectors.contracts import load_contracts

READERS_PER_SOURCE = 2


def source_pools() -> dict[str, dict[str, Any]]:
    """The pools by name, as `airflow pools import` reads them."""
    return {
        f"source_{system}": {
            "slots": READERS_PER_SOURCE,
            "description": f"readers at {system} at a time",
            "include_deferred": False,
        }
        for system in load_contracts()
    }
