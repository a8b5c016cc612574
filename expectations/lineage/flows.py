"""Which tables each step of a run reads and writes, as OpenLineage names them: by contracts and rulebooks."""

from collections.abc import Callable
from functools import partial

from connectors.extract_flow import extract_flow
from connectors.lineage_flow import Flow, Table, warehouse_table
from connectors.warehouse.raw_tables import raw_table_name
from expectations.rules import Rulebook, load_rulebooks


def flow_of(step: str) -> tuple[str, Callable[[], Flow]] | None:
    """Job and flow of a step by its name (`extract land_registry 35`, `build`); None for one that moves nothing."""
    name, *rest = step.split()
    if name == "extract" and rest:
        return ".".join([name, *rest]), partial(extract_flow, rest[0])
    flow = _FLOWS.get(step)
    return (step, flow) if flow is not None else None


def _between(made_from: Callable[[Rulebook], list[Table]], to: str | None) -> Flow:
    parts = []
    for name, book in load_rulebooks().items():
        outputs = [] if to is None else [_relation(book) if to == "warehouse" else warehouse_table(to, name)]
        parts.append((name, Flow(made_from(book), outputs)))
    inputs = dict.fromkeys(table for _, flow in parts for table in flow.inputs)
    return Flow([*inputs], [table for _, flow in parts for table in flow.outputs], parts)


def _raw(book: Rulebook) -> list[Table]:
    pairs = [source.split(".") for source in (book.lineage.raw or book.dataset.sources)]
    return [warehouse_table("raw", raw_table_name(system, table)) for system, table in pairs]


def _relation(book: Rulebook) -> Table:
    return warehouse_table(*book.dataset.relation.split("."))


def _released(schema: str) -> Callable[[Rulebook], list[Table]]:
    return lambda book: [warehouse_table(schema, book.dataset.name)]


def _check_flow() -> Flow:
    flow = _between(lambda book: [_relation(book)], None)
    return Flow(flow.inputs, [warehouse_table("quality", "row_outcome")])


_FLOWS: dict[str, Callable[[], Flow]] = {
    "build": lambda: _between(_raw, "warehouse"),
    "check_rows": _check_flow,
    "stage": lambda: _between(lambda book: [_relation(book)], "release"),
    "gate": lambda: _between(_released("preview"), None),
    "publish": lambda: _between(_released("release"), "shared"),
}
