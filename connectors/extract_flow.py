"""Which tables an extract reads and writes, as OpenLineage names them."""

from connectors.contracts import load_contract
from connectors.lineage_flow import Flow, Table, warehouse_table
from connectors.warehouse.raw_tables import raw_table_name


def extract_flow(system: str) -> Flow:
    """From the tables of a source system to their raw tables, one part per table; told by the connection's name."""
    contract = load_contract(system)
    place = f"{contract.access.kind}://{contract.access.connection}"
    pairs = [
        (table.name, Table(place, table.source), warehouse_table("raw", raw_table_name(system, table.name)))
        for table in contract.tables
    ]
    return Flow(
        inputs=[source for _, source, _ in pairs],
        outputs=[raw for _, _, raw in pairs],
        parts=[(name, Flow([source], [raw])) for name, source, raw in pairs],
    )
