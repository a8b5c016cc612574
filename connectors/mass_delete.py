"""Finding a mass delete before it is approved: an extract that stops at the first delete above the ceilings."""

import psycopg

from connectors.errors import ContractInvalid
from connectors.landing import extract
from connectors.warehouse.approvals import MassDelete


class _Found(Exception):
    def __init__(self, delete: MassDelete) -> None:
        self.delete = delete


def find_mass_delete(system: str, table: str, *, partition: str | None) -> MassDelete:
    """What an extract of the table would delete above the ceilings of its contract; nothing is deleted.

    Raises what the extract raises for another reason, and `ContractInvalid` where there is no such delete: the table
    was then loaded as by any extract.
    """
    try:
        extract(system, partition=partition, table=table, decide=_stop)
    except _Found as found:
        return found.delete
    raise ContractInvalid(
        expected="rows that are gone at the source, above the ceilings of the contract",
        found="none: what the source has now was loaded",
        where=f"{system}.{table}",
        next_step="No approval is needed.",
    )


def _stop(_conn: psycopg.Connection, delete: MassDelete, _batch_id: int) -> bool:
    raise _Found(delete)
